from pathlib import Path

from qa import QA


def test_the_sentence_that_answers_comes_first_with_its_footnote(bot: QA) -> None:
    answer = bot.ask("Who has kept the lamp since 1987?")
    assert answer.text.startswith("Mira Holm has kept the lamp since 1987.")
    assert answer.citations[0].source == "guide.md"


def test_at_most_three_quotes_answer_a_question(bot: QA, data: Path) -> None:
    (data / "lamps.txt").write_text(
        "\n\n".join(f"Lamp {name} was lit by keeper Olsen at the cape of {name}." for name in "ABCDEFG"),
        "utf-8",
    )
    assert 1 <= len(bot.ask("Who lit the lamp at the cape?").citations) <= 3


def test_a_sentence_is_quoted_once_wherever_it_stands(bot: QA) -> None:
    answer = bot.ask("Who should like storms and silence?")
    assert answer.text.count("storms and silence") == 1
    assert answer.citations[0].also_in == ("jobs/keeper.md",)


def test_a_sentence_that_leans_on_the_one_before_brings_it_along(bot: QA, data: Path) -> None:
    (data / "seals.txt").write_text(
        "The grey seal is the shyest guest of the pier. It sleeps beneath the crane on August nights. "
        "Gulls are loud and steal bread from the kitchen windows.",
        encoding="utf-8",
    )
    answer = bot.ask("What sleeps beneath the crane on August nights?")
    assert "The grey seal is the shyest guest of the pier. It sleeps beneath the crane" in answer.text


def test_a_chinese_question_is_answered_by_its_chinese_sentence(bot: QA) -> None:
    answer = bot.ask("灯塔实习生的入职日期是什么时候？")
    assert "入职日期是2026年6月；" in answer.text


def test_marks_of_the_source_itself_are_told_from_ours(bot: QA, data: Path) -> None:
    (data / "wiki.txt").write_text(
        "The old lens was ground in Paris by Fresnel in 1823.[7] It broke.", "utf-8"
    )
    answer = bot.ask("Who ground the old lens in Paris?")
    assert "1823.(7)" in answer.text
    assert any("[7]" in citation.quote for citation in answer.citations)


def test_a_price_is_quoted_from_its_row_and_the_thing_asked_about(bot: QA, data: Path) -> None:
    (data / "kettle.md").write_text(
        "# Aurora kettle\n\nThe Aurora kettle boils water.\n\n| Property | Value |\n| --- | --- |\n"
        "| Colour | black |\n| Price | 89 euros |\n",
        "utf-8",
    )
    (data / "grinder.md").write_text("# Grinder\n\nThe grinder has a price of 20 euros.\n", "utf-8")
    answer = bot.ask("What is the price of the Aurora kettle?")
    assert "Property: Price; Value: 89 euros" in answer.text
    assert {citation.source for citation in answer.citations} == {"kettle.md"}


def test_a_phone_number_is_quoted_from_its_line_alone(bot: QA, data: Path) -> None:
    (data / "contact.md").write_text("# Harbour contact\n\nPhone of the harbour: +49 30 901820\n", "utf-8")
    answer = bot.ask("What is the phone number of the harbour?")
    assert [citation.quote for citation in answer.citations] == ["Phone of the harbour: +49 30 901820"]


def test_what_is_said_of_a_picture_stands_behind_the_text(bot: QA, data: Path) -> None:
    (data / "lens.md").write_text(
        "# Optics\n\nFigure: lens.png\n\nThe Fresnel lens of the old tower with its rings (left) and with "
        "prisms (right), as the keeper saw it on the morning after the storm of the year before.\n\n"
        "The Fresnel lens bundles light with rings of glass, so that a small flame is seen far away at sea "
        "by every ship which passes the cape in fog or in the dark of a winter night.\n",
        "utf-8",
    )
    answer = bot.ask("What is the Fresnel lens?")
    assert answer.citations[0].quote.startswith("The Fresnel lens bundles light")
