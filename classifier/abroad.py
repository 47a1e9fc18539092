"""What a call is said to do as well, or for good, in French, German, Spanish and Portuguese.

The model has met too few such sentences to hear them. What is denied in the same words is not meant.
"""

ARTICLES = (
    "le la les l un une des du der die das ein eine einen einem dem den el los las unos una o os as um uma do da ce cette"
    " dieser diese dieses esta este"
)
"""One of these stands in a first sentence of these languages: what has none need not be searched for phrases."""
DELETES = (
    "et le supprime", "et la supprime", "et les supprime", "supprime aussi", "puis supprime", "puis le supprime",
    "puis la supprime", "puis les supprime", "et l efface", "et les efface", "efface aussi",
    "und löscht", "löscht auch", "löscht ihn", "löscht sie", "löscht es", "löscht danach", "danach gelöscht",
    "anschließend gelöscht",
    "y lo elimina", "y la elimina", "y los elimina", "y las elimina", "también elimina", "luego elimina", "después elimina",
    "y lo borra", "y la borra", "y los borra", "también borra", "luego borra",
    "e o exclui", "e a exclui", "e os exclui", "depois o exclui", "depois a exclui", "também exclui", "e o apaga",
    "e a apaga", "e os apaga", "também apaga", "depois o apaga",
)  # fmt: skip
NOT_DELETES = (
    "ne supprime", "ne le supprime", "ne la supprime", "ne les supprime", "n efface", "sans supprimer", "sans effacer", "sans le supprimer",
    "löscht nichts", "löscht nicht", "löscht keine", "löscht ihn nicht", "löscht sie nicht", "löscht es nicht",
    "nicht gelöscht", "zu löschen", "löscht auch nichts",
    "no elimina", "no lo elimina", "no los elimina", "no borra", "no lo borra", "sin eliminar", "sin borrar", "tampoco elimina",
    "não exclui", "não o exclui", "não apaga", "não o apaga", "sem excluir", "sem apagar",
)  # fmt: skip
SENDS = (
    "et l envoie", "et les envoie", "envoie aussi", "puis l envoie", "puis les envoie",
    "und sendet ihn", "und sendet sie", "und sendet es", "und schickt ihn", "und schickt sie", "und schickt es", "sendet auch",
    "y lo envía", "y la envía", "y los envía", "también envía", "luego lo envía",
    "e o envia", "e a envia", "e os envia", "também envia", "depois o envia",
)  # fmt: skip
NOT_SENDS = (
    "sans l envoyer", "n envoie", "ne l envoie", "ne les envoie", "sendet ihn nicht", "sendet sie nicht", "sendet nichts",
    "no lo envía", "no envía", "não o envia", "não envia", "in der antwort", "dans la réponse", "en la respuesta", "na resposta", "à l agent", "an den agenten", "al agente", "ao agente",
)  # fmt: skip
RUNS = (
    "et l exécute", "et les exécute", "puis l exécute",
    "und führt sie aus", "und führt es aus", "und führt ihn aus",
    "y lo ejecuta", "y la ejecuta", "y los ejecuta", "luego lo ejecuta",
    "e o executa", "e a executa", "e os executa", "depois o executa",
)  # fmt: skip
FILES = "fichier fichiers script scripts programme archive datei dateien skript programm archivo archivos guion programa arquivo arquivos"
LASTING = (
    "irréversible", "irréversibles", "ne peut pas être annulé", "ne peut pas être annulée", "ne peut être annulé",
    "ne peut être annulée", "unwiderruflich", "unumkehrbar", "nicht rückgängig gemacht", "nicht rückgängig zu machen",
    "no se puede deshacer", "no puede deshacerse", "no se pueden deshacer",
    "não pode ser desfeito", "não pode ser desfeita", "não podem ser desfeitas", "irreversível",
)  # fmt: skip
NOT_LASTING = (
    "pas irréversible", "pas irréversibles", "nicht unwiderruflich", "nicht unumkehrbar", "no es irreversible",
    "não é irreversível", "rien d irréversible",
)  # fmt: skip
