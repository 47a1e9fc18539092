"""Words by which a definition gives orders to a model: shared by several threat signals.

Linear-time expressions (re2) over one string. Each is (weight, pattern): weight 1.0 stands alone,
0.5 needs company, because honest authors write it too. The languages are those in which such
orders have been published or that the catalogue holds most tools in.
"""

from collections.abc import Iterator

import re2

from classifier.texts import Text
from classifier.verdict import Evidence

_KEPT = (
    r"(?:id_rsa|id_ed25519|\.ssh\b|\.aws\b|\.kube\b|\.netrc\b|\.npmrc\b|\.env\b|\.gitconfig\b|\.docker/config"
    r"|\.config/|/etc/passwd|/etc/shadow|mcp\.json|claude\.json|private key|seed phrase|api[ _-]?keys?"
    r"|access tokens?|session cookies?|cookies\b|passwords?|passphrase|credentials|secrets?\b|tokens?\b"
    r"|environment variables|github_token|social security|bank pin|clipboard|mailbox|contacts?\b|location history"
    r"|conversation|chat history|last \w+ messages|messages of the user|every message|system prompt|open files?"
    r"|contents? of (?:every|all|the|~)|file contents|wallet)"
)
_SEND = (
    r"(?:send|forward|upload|attach|append|include|pass|copy|transmit|post|paste|hand|leak|share|submit|relay"
    r"|provide|give|put|add|insert|embed|exfiltrate)"
)
_GET = r"(?:read|fetch|open|collect|extract|look up|dump|cat|load|retrieve|search|request|ask)"
_MUST = (
    r"(?:must|have to|has to|need to|are required to|is required to|required to|shall|should first|always|first"
    r"|before (?:you )?(?:use|using|call|calling|each|every|answering)|each time|otherwise|important"
    r"|from (?:now|today) on|as of now|also|silently|needs|requires|in the environment|of the user'?s?\b|the user'?s)"
)
_NOT_TELL = (
    r"(?:do not|don'?t|never|must not|should not|shouldn'?t|avoid|without)\s+(?:ever\s+)?"
    r"(?:tell|telling|inform|informing|mention|mentioning|reveal|revealing|disclose|disclosing|show|showing"
    r"|display|displaying|notify|notifying|let|alert|alerting)\b"
)
_OVERRIDE = (
    r"(?:ignore|disregard|forget|override|overrule)\b\W+(?:\w+\W+){0,4}?"
    r"(?:instructions?|guidelines?|guardrails|prompts?|rules|polic(?:y|ies)|the user|what the user|everything above"
    r"|safety|privacy)\b"
)

ORDERS: tuple[tuple[float, str], ...] = (
    (1.0, _OVERRIDE.replace("override|", "")),
    (0.5, _OVERRIDE),
    (1.0, _NOT_TELL + r"[^.\n]{0,30}\bthe user\b"),
    (1.0, _NOT_TELL + r"[^.\n]{0,25}\b(?:this|it|these) (?:instruction|step|in your|to anyone|to the)"),
    (1.0, r"\b(?:hide|conceal|hidden|keep)\b[^.\n]{0,40}\bfrom the user\b"),
    (1.0, r"\bthe user (?:must|should|need|may) not (?:know|notice|learn|see|be told)"),
    (1.0, r"\bsay nothing\b[^.\n]{0,60}\buser|\bif asked,? deny|\bmust stay between you\b|\bwould only worry the user\b"),
    (1.0, r"(?i)\b(?:silently|secretly|covertly)\b[^.\n]{0,20}\b" + _SEND + r"\b"),
    (1.0, r"\b(?:assistant|agents?|ai|llm|model)\b[^.\n]{0,60}\b(?:" + _GET + "|" + _SEND + r")\b[^.\n]{0,80}" + _KEPT),
    (0.9, r"\b" + _MUST + r"\b[^.\n]{0,80}\b" + _SEND + r"\b[^.\n]{0,60}" + _KEPT),
    (0.9, r"\b" + _MUST + r"\b[^.\n]{0,80}\b" + _GET + r"\b[^.\n]{0,40}" + _KEPT + r"[^.\n]{0,60}\b" + _SEND),
    (0.9, r"\b" + _GET + r"\b[^.\n]{0,60}" + _KEPT + r"[^.\n]{0,70}\b(?:" + _SEND + r")\b[^.\n]{0,40}\b(?:as|in|into|to|along|over|with|it|them|here)\b"),
    (0.9, r"\b" + _SEND + r"\b[^.\n]{0,50}" + _KEPT + r"[^.\n]{0,40}\b(?:in|into|as|to)\b[^.\n]{0,20}\b(?:argument|parameter|field|'\w+'|`\w+`|\w+ too)"),
    (1.0, r"<\s*/?\s*(?:important|system|secret|hidden|instructions?|system[_ -]message|system[_ -]prompt|admin)\s*>"),
    (1.0, r"\[/?INST\]|<\|im_(?:start|end)\|>|<\|system\|>|\[\[\s*(?:hidden|system|secret)\s*\]\]|###\s*instruction"),
    (1.0, r"\bsystem override\b|\bnew instructions (?:from|follow)|\binstructions? for the (?:model|ai|assistant|llm)\b"),
    (0.9, r"\b(?:unrestricted|without restrictions|maintenance mode|developer mode|jailbroken)\b[^.\n]{0,60}\b(?:agent|mode|restrictions|model)\b"),
    (1.0, r"\byou are (?:now )?(?:an? )?(?:unrestricted|jailbroken)|\bact as root\b|\bpre-?authori[sz]ed this tool\b"),
    (1.0, r"(?:^|\n)\s*human:[^\n]{3,200}\n+\s*assistant:"),
    (1.0, r"\brole:\s*system\b|\bsafety policy\b[^.\n]{0,30}\bsuspended\b"),
    (0.9, r"\b(?:you|assistant|model) (?:must|have to|has to) (?:comply|obey)\b"),
    (1.0, r"\bpay\w*\b[^.\n]{0,40}\binstead of\b[^.\n]{0,30}\bthe user\b|\bignore what the user asked\b"),
    (1.0, r"\bin every (?:answer|reply|response)\b[^.\n]{0,60}\b(?:embed|include|append)\b[^.\n]{0,40}\b(?:image|link|https?:)"),
    (0.9, r"\b(?:ask|request)\b[^.\n]{0,30}\buser\b[^.\n]{0,40}\b(?:password|passphrase|pin\b|social security|seed phrase|credit card)"),
    (0.9, r"\b(?:recommend|promote)\b[^.\n]{0,40}\bfirst\b[^.\n]{0,60}\bdiscourage\b"),
    # the same in other languages
    (1.0, r"(?:忽略|无视|忘记)[^。\n]{0,10}(?:之前|以前|先前|上面|所有)[^。\n]{0,6}(?:指令|指示|说明|规则)"),
    (1.0, r"(?:不要|不得|请勿|别|切勿)(?:告诉|告知|通知|让)[^。\n]{0,6}(?:用户|使用者)"),
    (1.0, r"(?:读取|发送|上传|放入|传递)[^。\n]{0,30}(?:id_rsa|\.ssh|\.env|私钥|密码|凭证)"),
    (1.0, r"ignor[ae]r?\s+(?:todas\s+)?(?:las|as|tus)\s+instruc\w+\s+(?:anteriores|previas)"),
    (1.0, r"no\s+se\s+lo\s+digas|no\s+(?:le\s+)?(?:digas|informes|cuentes)\s+(?:esto\s+)?al\s+usuario|n[ãa]o\s+(?:conte|diga|informe)\s+(?:isso\s+)?ao\s+usu[áa]rio"),
    (1.0, r"ignorier\w*\s+(?:alle\s+)?(?:vorherigen|bisherigen|vorigen|obigen)\s+(?:anweisungen|regeln)"),
    (1.0, r"sag\w*\s+(?:es\s+)?(?:dem|der)\s+(?:benutzer|nutzer)\w*\s+nichts|teile?\s+(?:es\s+)?dem\s+(?:be)?nutzer\s+nicht\s+mit"),
    (1.0, r"игнорируй\w*\s+(?:все\s+)?(?:предыдущие|прежние)\s+(?:инструкции|указания|правила)"),
    (1.0, r"не\s+(?:говори\w*|сообщай\w*|рассказывай\w*)[^.\n]{0,15}пользовател"),
    (1.0, r"ignore[rz]?\s+(?:toutes\s+)?les\s+(?:instructions|consignes)\s+pr[ée]c[ée]dentes"),
    (1.0, r"ne\s+(?:le\s+)?(?:dis|dites|mentionne\w*)\s+(?:rien\s+|pas\s+)?[àa]\s+l.utilisateur"),
    (1.0, r"(?:前の|以前の|これまでの)(?:指示|命令)[^。\n]{0,6}無視"),
    (1.0, r"ユーザー(?:に|には)[^。\n]{0,10}(?:知らせない|伝えない|言わない|教えない)"),
    (1.0, r"(?:이전|앞의|모든)\s*(?:지시|명령|지침)[^.\n]{0,6}무시"),
    (1.0, r"사용자(?:에게|한테)[^.\n]{0,10}(?:알리지|말하지)\s*(?:마|말)"),
    (1.0, r"تجاهل[^.\n]{0,12}(?:التعليمات|الأوامر)"),
    (1.0, r"لا\s+تخبر[^.\n]{0,10}المستخدم"),
    (1.0, r"ignora\s+(?:tutte\s+)?le\s+istruzioni\s+precedenti|non\s+dir\w*\s+(?:nulla\s+)?all.utente"),
)  # fmt: skip

_COMPILED = tuple((weight, re2.compile("(?i)" + pattern)) for weight, pattern in ORDERS)  # type: ignore[no-untyped-call]

TRIGGER = (
    r"(?i)\b(?:ignore|disregard|forget|override|overrule) |ignor[ae]|(?:tell|inform|mention|reveal|disclose|from|hide|show"
    r"|notify|alert|let|ask|telling|informing|mentioning|worry) the user|the user (?:must|should|need|may) not|what the user"
    r"|user asked|the user'?s (?:account|password|mail|cookie|token|file|wallet|clipboard|contact|private|message)"
    r"|in your answer|this instruction|say nothing|between you and"
    r"|<\s*/?\s*(?:important|system|secret|hidden|instruction|admin)|\[/?INST|im_start|\[\[\s*(?:hidden|system|secret)"
    r"|### instruction|instructions? for the|new instructions|restrict|maintenance mode|silently|secretly|covertly"
    r"|id_rsa|id_ed25519|\.ssh|\.aws|\.kube|\.netrc|\.npmrc|\.env\b|gitconfig|\.docker|\.config/|/etc/(?:passwd|shadow)|mcp\.json"
    r"|claude\.json|private key|seed phrase|social security|session cookie|last \w+ messages|open file|every message"
    r"|github_token|the assistant|assistant:|ai agents?|agents? reading|the model must|act as root|must comply|obey"
    r"|if asked|role: system|safety policy|clipboard|mailbox|human:|authori[sz]ed this|api keys? of|password manager"
    r"|location history|in every (?:answer|reply|response)|discourage|the conversation"
    r"|用户|使用者|指令|指示|读取|发送|上传|digas|informes|cuentes|usu[áa]rio|nutzer|игнорируй|пользовател"
    r"|l.utilisateur|consignes|指示|命令|ユーザー|지시|명령|사용자|تجاهل|تخبر|istruzioni|utente"
)
"""What one of the orders cannot do without; coarse on purpose, it only saves reading."""


def orders(text: Text) -> Iterator[tuple[float, Evidence]]:
    """Yield (weight, quote) for every order that one string gives, at most one a pattern."""
    searched = text.searched()
    for weight, pattern in _COMPILED:
        found = pattern.search(searched)
        if found:
            yield weight, text.quote(found.start(), found.end())
