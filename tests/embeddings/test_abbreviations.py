from embeddings.abbreviations import find_abbreviations, spell_out

TEXT = (
    "They train generative adversarial networks (GANs) at the Court of Justice of the European Union (CJEU)."
)


def test_a_short_form_is_found_with_the_words_it_stands_for() -> None:
    assert find_abbreviations([TEXT]) == {
        "gan": ("generat", "adversari", "network"),
        "cjeu": ("court", "justic", "european", "union"),
    }


def test_brackets_that_explain_nothing_are_left_alone() -> None:
    assert find_abbreviations(["a large dog (BIG) and tail nodes (left)", "in Paris (France)"]) == {}


def test_either_form_brings_the_other() -> None:
    known = {"gan": ("generat", "adversari", "network")}
    assert spell_out(["gan", "pit"], known) == ["gan", "pit", "generat", "adversari", "network"]
    assert spell_out(["generat", "adversari", "network"], known)[-1] == "gan"
    assert spell_out(["generat", "network"], known) == ["generat", "network"]
