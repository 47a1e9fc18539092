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
    "Kasuje rekord.",
    "Stuurt een bericht naar de klant.",
    "Sletter en post permanent fra databasen.",
    "Skickar ett meddelande till kunden.",
    "Xóa vĩnh viễn một hồ sơ khỏi cơ sở dữ liệu.",
    "Chạy một lệnh tùy ý trên máy chủ.",
    "Menjalankan perintah apa pun di server.",
    "Переказує гроші з одного рахунку на інший.",
    "שולח הודעה ללקוח",
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
    "Mostra os pedidos do usuário.",
    "Elenca gli ordini dell'utente.",
    "Unfold a block",
    "Instagram downloader",
    "PlayFab get all segments",
    "Feodo and Dridex and QakBot servers of the tracker",
]


def made(description, name="item_row"):
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
    assert (
        "could not be understood. By its name a call deletes or overwrites what is kept;"
        in found.rationale
    )
    assert "Risk is high" in found.rationale


def test_where_the_name_tells_nothing_either_the_label_is_said_to_be_a_guess():
    found = classify(made(UNREAD[0], name="f_7"), Options(use_reviews=False))
    assert f"and {found.category.value} is a guess by the few words that are" in found.rationale
    assert "as far as the definition says" not in found.rationale


def test_a_text_that_is_half_understood_leaves_it_to_a_name_that_tells():
    told = "Sletter en post permanent fra databasen."
    assert unfamiliar(told)
    assert not is_unfamiliar(read(made(told, "get_row")), runtime.load().vocabulary["d"])


@pytest.mark.parametrize("name", ["x", "z", "d", "ui"])
def test_a_letter_is_no_evidence_of_what_a_call_can_do(name):
    found = classify(Tool(server=ServerName(""), name=name), Options(use_reviews=False))
    assert found.insufficient_definition
    assert found.needs_review
    assert not found.findings
    assert found.risk is not Risk.LOW


@pytest.mark.parametrize(("name", "signal"), [("rm", "destructive"), ("news", "untrusted-content")])
def test_a_name_that_tells_something_is_evidence_without_a_description(name, signal):
    found = classify(Tool(server=ServerName(""), name=name), Options(use_reviews=False))
    assert signal in {finding.signal.id for finding in found.findings}


def test_a_few_foreign_words_in_a_text_do_not_matter():
    assert not unfamiliar("Delete the whole database of the user (Διαγράφει οριστικά).")
