"""What is not understood is said to be, and is never low."""

import pytest

from classifier.engine import Options, classify
from classifier.model import runtime
from classifier.reading import read
from classifier.unfamiliar import is_unfamiliar
from classifier.verdict import Risk
from crawler.records import ServerName, Tool

UNREAD = [
    "Διαγράφει οριστικά ολόκληρη τη βάση δεδομένων.",
    "מוחק לצמיתות את כל מסד הנתונים",
    "يحذف قاعدة البيانات بالكامل نهائيا",
    "पूरे डेटाबेस को स्थायी रूप से हटाता है",
    "ลบฐานข้อมูลทั้งหมดอย่างถาวร",
    "მთლიანად შლის მონაცემთა ბაზას",
    "Usuwa trwale całą bazę danych użytkownika.",
    "Smaže trvale celou databázi uživatele.",
    "Poistaa koko tietokannan pysyvästi.",
]
READ = [
    "Delete the whole database.",
    "Get it.",
    "",
    "42 17 3 8 5",
    "Löscht die Datenbank des Benutzers endgültig.",
    "Supprime la base de données de l'utilisateur.",
    "Borra la base de datos del usuario.",
    "删除用户的数据库",
    "Returns the café menu, in the naïve order of its names.",
]


def made(description, name="item_info"):
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    return Tool(server=ServerName("s"), name=name, description=description, input_schema=schema)


def unfamiliar(description):
    return is_unfamiliar(read(made(description)), runtime.load().vocabulary["d"])


@pytest.mark.parametrize("told", UNREAD)
def test_what_is_not_understood_is_unknown_and_never_low(told):
    assert unfamiliar(told)
    found = classify(made(told), Options(use_reviews=False))
    assert found.needs_review
    assert found.insufficient_definition
    assert found.risk is not Risk.LOW
    assert "words that are not known here" in found.rationale
    for claim in ("names a change", "is taken to mean", "too little"):
        assert claim not in found.rationale


@pytest.mark.parametrize("told", READ)
def test_what_is_understood_or_says_too_little_is_no_foreign_language(told):
    assert not unfamiliar(told)
    assert "not known here" not in classify(made(told), Options(use_reviews=False)).rationale


def test_a_known_name_does_not_speak_for_a_text_that_is_not_understood():
    found = classify(made(UNREAD[0], name="delete_record"), Options(use_reviews=False))
    assert found.category.value == "Write"
    assert found.needs_review
    assert "Risk is high" in found.rationale


def test_a_few_foreign_words_in_a_text_do_not_matter():
    assert not unfamiliar("Delete the whole database of the user (Διαγράφει οριστικά).")
