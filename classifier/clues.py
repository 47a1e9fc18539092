"""What the sentences of a hostile definition are made of: one class of words each.

A threat is a meeting of clues in one sentence (or in two neighbours): "read" and "~/.ssh" are
ordinary, "~/.ssh" and "put it into `note`" are not. One set of linear expressions (re2) says which
clues a text has; which meetings count is said by each signal. Words stand alone on purpose: whole
phrases would only find the phrases that somebody thought of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import re2

from classifier.reading import Reading
from classifier.texts import Seeker, Text, seeker
from classifier.verdict import Evidence

_NOT = r"(?:do not|don'?t|does not|doesn'?t|never|must not|should not|shouldn'?t|need not|needn'?t|may not|cannot|can'?t|not to|no need to|without|avoid|refrain from|are not|is not|not supposed to|nor|instead of)"
_TELL = r"(?:tell|telling|told|inform|informing|informed|mention|mentioning|mentioned|reveal|revealing|disclose|disclosing|bring up|bringing|notify|notifying|alert|alerting|report|reporting|warn|warning|explain|explaining|admit|confess|say|show|display|acknowledge|announce|discuss)"
_PERSON = r"(?:the users?|users?|the human|humans?|the person|people|persons?|customers?|the owner|the client|anyone|anybody|them|him|her|others|no one|nobody)"
_RULES = r"(?:instructions?|guidelines?|guard ?rails?|directives?|prompts?|rules|polic(?:y|ies)|restrictions?|constraints?|system message|safety|configuration|training|alignment|limitations?)"
_SCOPE = r"(?:conversations?|chats?|sessions?|dialogues?|messages?|turns?|responses?|repl(?:y|ies)|answers?|requests?|prompts?|queries|interactions?)"

CLUES: dict[str, str] = {
    # who is spoken to
    "model": r"\b(?:the (?:calling |executing |language |ai )?(?:model|assistant|agent|llm|ai|bot)|(?:ai|llm) (?:model|agent|assistant)s?|(?:this|each|every|any|all|new) agents?|assistants?|models? (?:that|must|should|will)|llms?|claude|chatgpt|gpt-?\d?|copilot|gemini)\b",
    "user": r"\b" + _PERSON + r"\b",
    # what is asked
    "must": r"\b(?:must|shall|have to|has to|needs? to|needs|requires?|required|requirement|mandatory|obliges?|obliged|essential|imperative|always|make sure|ensure|be sure|kindly|please|ought to|is to be|are to be|expected to|should|will)\b",
    "first": r"\b(?:first|firstly|before(?:hand)?|prior to|ahead of|initially|at the (?:start|beginning|outset)|to begin with|as soon as|upfront|afterwards|subsequently|following|after|once|then|next|whenever|each time|every time|always|follow up|in addition|also|additionally|as well|too)\b",
    "take": r"\b(?:read|reads|open|opens|load|loads|cat|fetch|collect|collects|gather|retrieve|retrieves|look into|look for|search|find|obtain|dump|pull|extract|harvest|grab|capture|scrape|list|copy|export|locate|get|print|inspect)\b|\baccess(?:[^:\w]|$)",
    "give": r"\b(?:send|sends|forward|forwards|upload|uploads|attach|append|include|pass|passed|supply|supplied|provide|provides|put|place|post|posts|hand|submit|transmit|relay|mirror|mirrors|bcc|share|add|insert|enter|fill|filled|paste|embed|give|leak|deliver|e-?mail|mail|mails|ship|write|quote|resend|report back|exfiltrate|encode|carry)\b",
    "sink": r"(?:\b(?:in|into|to|as|through|via|by|using|within|inside|under)\b (?:the |this |its |an? |your )?(?:`[\w.]+`|'[\w.]+'|\"[\w.]+\"|\w+ (?:argument|parameter|field|property|input)\b|(?:argument|parameter|field)s?\b)|`\w+` (?:has to|must|should|needs to))",
    "away": r"(?:https?://|\bcurl\b|\bwget\b|[\w.+-]+@[\w-]+\.\w|\b(?:our|this|my|the remote|a remote|an external|the external|third.party) (?:server|archive|endpoint|service|backend|collector|webhook|mirror)\b|\bwebhook)",
    # what is asked for
    "keyfile": r"(?:\bid_(?:rsa|ed25519|ecdsa|dsa)\b|~?/?\.ssh\b|\.aws(?:/|\b)|\.kube\b|\.netrc\b|\.npmrc\b|\.gitconfig\b|\.pypirc\b|\.bash_history|\.zsh_history|\.gnupg|\.git-credentials|\.docker/config|\.config/|\.cursor/|\.vscode/|/etc/(?:passwd|shadow|sudoers)|\bmcp\.json|claude_desktop_config|claude\.json|authorized_keys|known_hosts|\.pem\b|\.key\b|\bkeychain\b|\.env\b|wallet\.dat|credentials\.json|secrets?\.(?:ya?ml|json|toml|txt)|login data\b|cookies\.sqlite|browser profile|\bprintenv\b|process\.env\b|os\.environ)",
    "secret": r"\b(?:passwords?|passphrases?|passcodes?|api[ _-]?keys?|\w+_api_key|access keys?|(?:access|auth|session|bearer|refresh|github|gitlab|api|login|oauth|\w+_)[ _]?tokens?|cookies?|credentials?|private keys?|secret keys?|secrets|2fa|otp code|one.time (?:code|password)|verification code|seed phrase|recovery (?:phrase|words|codes?)|mnemonic|social security|ssn|card numbers?|credit cards?|cvc|cvv|bank pin|\bpin\b|authorization header|login details)\b",
    "private": r"\b(?:conversations?|chat (?:history|log)|chats|transcripts?|system (?:prompt|message)|developer (?:prompt|message)|(?:previous|earlier|last|recent|past|prior) (?:\w+ )?(?:messages|e-?mails|chats|turns|conversations)|everything (?:discussed|said)|address book|contacts?|e-?mails|mailbox|inbox|calendar|home (?:directory|folder)|environment variables?|env vars?|clipboard|browsing history|memory|personal (?:data|details|information)|screenshots?)\b",
    "users_own": r"\b(?:(?:the )?(?:user|human|person|customer|owner)'?s|of the (?:user|human|person|customer|account|owner)|your (?:own |hidden |system |long.term |persistent |secret |internal )?(?:memory|prompt|instructions|reasoning|credentials|tokens?|keys?|api|environment|openai\w*|anthropic\w*|github\w*|context))\b",
    # how it is hidden
    "hide": _NOT + r"\b[^.\n]*\b" + _TELL + r"\b[^.\n]*\b" + _PERSON + r"\b",
    "hush": r"\b(?:silently|secretly|covertly|quietly|discreetly|stealthily|unnoticed|without (?:the )?(?:user|human|person)(?:'s)? (?:knowing|noticing|knowledge|awareness)|behind the scenes)\b",
    "unaware": r"\b(?:unaware|not (?:(?:supposed|meant|allowed|going|able|need|have) )?(?:to )?(?:know|notice|learn|see|hear|find out|be (?:made )?aware|be told|be informed)|kept? (?:this |it |that )?(?:\w+ )?(?:secret|confidential|hidden|private|quiet)|conceal(?:ed)?|hide (?:this|it|that|the)|hidden from|keep \w+ from|leave (?:this |it )?out of|omit (?:this|it)|pretend|act as (?:though|if)|between (?:us|you and)|not for display|confidential)\b",
    "hide_it": _NOT + r"\b[^.\n]*\b" + _TELL + r"\b[^.\n]*\b(?:it|this|these|that|about|copy|transfer|upload|export)\b|\bsay nothing\b|\bdeny (?:it|this)\b",
    "your_answer": r"\b(?:your (?:summary|answers?|repl(?:y|ies)|responses?|reports?|output|message|explanation)|(?:when|if) (?:you |the user |somebody |anyone )?(?:report|reply|answer|respond|summari[sz]e|talk|ask|wonder)\w*|report back|if asked|asks? (?:about|why)|worry|confus)",
    # what is overturned
    "override": r"\b(?:ignor(?:e|es|ed|ing)|disregard(?:s|ed|ing)?|forget|overrid(?:e|es|ing)|overrul(?:e|es)|supersedes?|set aside|bypass|abandon|void|suspend(?:ed)?|lifted|disable|no longer (?:apply|applies|bound|hold|valid)|exempt|cease to apply|take(?:s)? precedence over)\b",
    "rules": r"\b" + _RULES + r"\b",
    "earlier": r"\b(?:previous|previously|prior|earlier|above|existing|all|any|your|original|initial|preceding|former|system)\b",
    "new_rules": r"(?:\b(?:new|updated|revised|additional|secret|hidden) (?:system )?(?:instructions?|directives?|orders|prompt)\b[^.\n]*\b(?:from|follow|:)|\bsystem (?:override|prompt update|alert)\b|\b(?:admin|administrator|developer|security|compliance|operator|urgent) (?:notice|override)\b)",
    "unbound": r"\b(?:unrestricted|without restrictions?|restrictions? (?:are )?(?:lifted|removed|disabled)|jailbroken|no restrictions|developer mode|god mode|maintenance mode|exempt from|unfiltered|full access|act as (?:root|admin)|do anything now)\b",
    "authority": r"\b(?:anthropic|openai|google|microsoft|model vendor|system administrator|security team|your (?:developer|creator|operator|owner)|the (?:operator|developers?|administrator)|staff|compliance)\b",
    "decree": r"\b(?:authori[sz]ed?|order(?:ed|s)?|instructs?|commands?|exempt|requires?|approved|endorsed|certified|demands?|mandates?|wants? you)\b",
    "tag": r"(?:<\s*/?\s*(?:important|system|secret|hidden|system[_ -](?:message|prompt)|admin|tool_description|user_request|critical)\s*>|\[/?(?:INST|ADMIN[ A-Z]*|HIDDEN|SECRET)\]|<\|(?:im_start|im_end|system|start_header_id|endoftext|eot_id)\|?>?|\[\[\s*(?:hidden|system|secret)|#{2,}\s*(?:system (?:prompt|message|override|instruction)|admin|hidden|secret)|\n\s*(?:human|user|assistant|system)\s*:[^\n]+\n+\s*(?:human|user|assistant|system)\s*:)",
    "addressed": r"(?:\b(?:instructions?|notes?|message|orders?) (?:for|to) (?:the |any |every |whoever )?(?:model|ai|assistant|llm|agent|executes)|(?:^|[\s(*\[#])(?:assistants?|llms?|ai|models?|agents?)(?: only)?\s*:\s|\bfor the (?:llm|ai|model|assistant|agent)\b)",
    "chatty": r"\b(?:chats?|completions?|messages?|prompts?|llm|conversations?|model)\b",
    "fake_role": r"(?:\"role\"\s*:\s*\"(?:system|assistant)\"|\brole:\s*system\b)",
    # other tools
    "other_tools": r"\b(?:(?:any|every|each|all|no|another|other|further|remaining|competing|rival|different|alternative|the)(?: of the)?(?: other)?(?: \w+)? ?(?:tools?|servers?)|(?:other|another|any|each|every) (?:mcp )?servers?'?s?|tools? (?:of|from|on|offered by) (?:any|other|another|the \w+) ?servers?|alternatives?|rivals?|competitors?)\b",
    "named_tool": r"(?:`?\b[a-z]+(?:_[a-z]+)+\b`?(?:\(| tool\b| offered|'s)|\b(?:the |tool |of |on |to |invoke |call |calls |calling |use |run |running |for |original |with )`?[a-z]+(?:_[a-z]+)+\b|\b(?:the )?(?:\w+[ -]){1,2}tool\b|\bthe \w+ server\b)",
    "instead": r"\b(?:instead|rather than|in place of|replac(?:e|ed|es|ing)|redirect(?:ed|s)?|rerout|in addition|as well|second copy|additional(?:ly)? recipient|also|takes? over|meant for|on behalf|withdrawn|deprecated|broken|removed|obsolete|compromised|alias|now expects|must point|changed? (?:its|the|to)|is to be|blind copy)\b",
    "all_servers": r"\b(?:(?:any|every|each|all|other|another|further|remaining) (?:\w+ )?servers?|tools? (?:of|from|on|offered by) (?:any|every|each|all|other|another|the \w+)|whole session|every tool of)\b",
    "gate": r"\b(?:unless|until|only after|not before|may (?:not )?run|may not be used|permitted|permission to|allowed|decides|must first|has to pass|passed? through|first pass)\b",
    "its_params": r"\b(?:(?:its|their|his|her) (?:own )?(?:recipients?|parameters?|arguments?|address(?:es)?|`?'?\w+'?`? (?:parameter|argument)|behaviou?r|results?|content|connection string|duties|calls?|text|output|target|destination|url)|connection string|recipient|(?:address|value|argument|parameter) that it)\b",
    "literal_target": r"(?:\+\d{6,}|[\w.+-]+@[\w-]+\.\w|\bbc1\w+|\b0x[0-9a-f]{8}|\biban\b|\bacc(?:oun)?t[ -]?\d+|\bacct-|role=|#[a-z]+-[a-z]+)",
    "exfil_url": r"(?:https?://\S*[?&]\w+=(?:<|\{|\$|\s|`|$)|https?://[^.\n]*\S+ (?:followed by|plus|and then) (?:the|a|all|your)\b)",
    "every": r"\b(?:any|each|every|all|further|future|later|subsequent|single|whole|per)(?: \w+){0,2} (?:" + _SCOPE[3:-1] + r"|calls?|invocations?|actions?|commands?|scripts?|commits?|e-?mails|mails|documents?|uploads?|edits?|tools?|servers?)\b",
    "ours": r"\b(?:(?:use|call|prefer) (?:ours|this one|mine)|(?:hand|pass|send|give|go(?:es)?|routed?|forward) [^.\n]*\bto (?:this one|it|us|ours|this tool)|here and nowhere else|alias for this)\b",
    "this_tool": r"\b(?:(?:to|through|via|with|by) (?:this|our) (?:tool|server|function|service)|repeat(?:ed)?|this tool (?:as well|too|first))\b",
    "each_turn": r"\b(?:each|every|all|any|future|later|subsequent|single)(?: \w+)? (?:" + _SCOPE[3:-1] + r")\b",
    "whatever": r"\b(?:no matter|regardless|whatever|whichever|irrespective|without exception|under (?:no|any) circumstances|in every (?:situation|case)|even (?:if|when|though)|including when|ahead of everything|superior to|everything else|at all times|unconditionally|any topic)\b",
    "listed": r"\b(?:merely|just|simply|only) (?:having|listing|loading|seeing|reading)\b|\b(?:once|when|as soon as|from the moment|the moment|if) (?:this|the) (?:tool|server|listing|description) (?:is|was|gets) (?:read|listed|loaded|connected|seen|present|installed|available)\b|\blisting this tool\b|\bapplies to all tools\b|\brule for this session\b|\beven if (?:it|this) is (?:not|never) (?:called|used)",
    "from_now": r"\b(?:from (?:now|today|here|this (?:moment|point|release|version)) ?(?:on|onwards?)?|henceforth|as of (?:now|today|v?\d)|starting (?:now|with this|today)|effective immediately|since (?:the|this|version|v?\d)[ \w.]*|new in v?\d|(?:v|version )\d[\d.]*\b[^.\n]*(?:changed|adds|now)|until further notice|for (?:all|every|each|the rest of)[ \w]*(?:sessions?|chats?|conversations?)|across (?:chats|sessions|conversations)|permanently|in future|for all future|later sessions)\b",
    # consent
    "consent": r"\b(?:confirmations?|confirm|consent|approvals?|approv(?:e|ed|es)|permissions?|prompts?|review(?:er|ed)?|ask(?:ing|s)?|checking (?:with|back)|check with|allow[ -]?list(?:ed)?|human in the loop|dialogs?|wait(?:ing)? for)\b",
    "safe": r"(?:\b(?:do not|don'?t|never|must not|should not|cannot)\b[^.\n]*\bwithout\b|\bunless\b|\bonly (?:after|with|if|when|once)\b|\b(?:always|must|first) (?:ask|confirm|get|request)|\b(?:ask|confirm|check)(?: with)? the user (?:first|before|for|to|which|if|whether)|\bwait for)",
    "say_yes": r"\b(?:answer|say|reply|respond)(?:ed)? (?:with )?[`'\"]?(?:yes|ok|allow|approve|accept)\b",
    "agreed": r"\b(?:(?:already|previously) (?:been )?(?:agreed|approved|consented|confirmed|given|accepted|authori[sz]ed|answered)|consent was given|waived|has agreed)\b",
    "never_ask": r"\b(?:never|don'?t|do not|no need to|without|not)\b (?:\w+ )?(?:ask|asking|consult|prompt|bother|disturb|checking|wait|waiting)\b",
    "skip": r"(?:\b(?:without|skip|skips|skipping|bypass|never|don'?t|do not|no need|not (?:need|require)|no (?:confirmation|approval|prompt|consent)|already|waived|automatic(?:ally)?|auto-?|pre-?approv|disable|turn off|suppress|whitelist|permanent|so that no|always[- ]allow)|\byolo\b|skip-permissions)",
    "straight": r"\b(?:straight away|go ahead|at once|immediately|right away|proceed|without (?:checking|asking|waiting)|submit|answered with yes|yes to|say yes|answer yes|consider (?:every|all|any|it)|treat (?:every|all|any|it|this)|automatically|carried? out)\b",
    "settings": r"(?:\byolo mode\b|dangerously[-_]skip|\"?permissions\"?\s*:\s*\{|\ballow list\b|\bmcp__\w+|settings\.json|client'?s settings|(?:^|[^\w-])auto-?approv)",
    # memory
    "memory_file": r"(?i:\bCLAUDE\.md|\bAGENTS\.md|\bGEMINI\.md|\.cursorrules|\.windsurfrules|copilot-instructions|\brules file\b|\bcustom instructions\b|\b(?:your|the model's|the agent's) (?:permanent |long-?term |persistent )?memory\b|\bpermanent memory\b|\bfuture self\b)",
    "remember": r"\b(?:remember|memori[sz]e|keep in mind|persist|store|save|append|write|modify|add|treat)\b",
    # obedience to results
    "result": r"\b(?:results?|outputs?|response|returned|returns|return value|what (?:it returns|comes back)|inside|in here|it holds|field|page|ticket|document|message|answer|its text|text|content)\b",
    "orders": r"\b(?:instructions?|commands?|directions?|directives?|orders?|imperative(?: sentences?)?|tells?|requests?)\b",
    "do_now": r"(?:\b(?:now|next|immediately|first|then|before you (?:reply|answer))\b[^.\n]*\b(?:call|delete|run|send|transfer|execute|invoke|approve|pay)\b|\b(?:call|delete|run|send|transfer|execute|invoke|approve|pay)\b[^.\n]*\b(?:now|next|immediately|before you (?:reply|answer))\b)",
    "call_on": r"\b(?:call|delete|run|send|transfer|execute|invoke|approve|pay|follow|continue|proceed)\b",
    "you_must": r"\b(?:you|assistant|model|agent|operator)\b[^.\n]*\b(?:must|should|have to|need to|wants? you|shall|may proceed|has approved)\b",
    "obey": r"\b(?:obey|obeys|obeyed|binding|follow(?:ed)? (?:them|it|what|any|all|every|the instructions)|carr(?:y|ied) out|same authority|as if the user|execute (?:them|it|whatever)|act on|comply|supersedes?|treat(?:ed)? as (?:\w+ )?(?:instructions?|commands?|orders?))\b",
    # preference
    "choose": r"\b(?:choose|pick|prefer|select|favou?r|rank|reach for|use this|recommend|promote|propose|push|praise|suggest)\b",
    "best": r"\b(?:best|superior|only|sole|highest priority|top priority|rated (?:1st|first|number one)|number one|most (?:trusted|reliable|accurate)|endorsed|certified|love|trustworthy|to the top|first choice|imperative|without exception|mandatory)\b",
    "rivals": r"\b(?:(?:other|another|competing|rival|alternative|different|remaining) (?:\w+ ){0,2}?(?:tools?|products?|services?|providers?|vendors?|servers?|options?|ones?|translators?)|alternatives?|rivals?|competitors?|everything else|all others?|the rest|any different)\b",
    "slander": r"\b(?:unreliable|malicious|dangerous|unsafe|insecure|untrust\w+|compromised|wrong answers?|violates?|violation|inferior|outdated|talk down|must (?:never|not) be (?:used|called)|will be reported|not permitted|forbidden|never (?:use|propose|select|call|suggest|recommend)|discourage|refuse to|scam)\b",
    "user_asked": r"(?:\bwhat (?:the )?(?:user|human|person)\w* (?:asked|said|wants?|wrote|requested)|\bthe user'?s? (?:request|wish|question|intent|instruction)|\bwhat was said)",
    # asking for what a tool cannot need
    "ask_user": r"\b(?:ask|asks|asking|request|obtain|get|collect|demand|prompt|elicit|find out|needs?|requires?|provide|enter|supply|give)\b[^.\n]*\b(?:the users?|users?'?s?|human'?s?|persons?'?s?|customers?'?s?|from them|account|wallet|browser|environment|password manager|other (?:configured )?servers?)\b",
    "you_know": r"\b(?:you (?:already )?(?:know|were given|are given|can see|remember|learn(?:t|ed)?)|known to you|available to you|in your (?:context|memory)|mentioned (?:in|earlier|so far)|appeared (?:in|earlier)|up to now|conversation so far)\b",
    "here": r"\b(?:here|in this (?:field|argument|parameter))\b",
    "out_of": r"\b(?:output|contents?|text|dump|copy|transcript|names?|list|value|lines?) (?:of|from)\b",
    # verbatim asking
    "verbatim": r"\b(?:verbatim|word for word|copied|unabridged|full(?:y)?|entire|complete|whole|everything|all|raw|exact|from the first|one (?:a|per) line|paste|that you (?:were given|have|know|can|use)|you have learnt|was given|dump)\b",
    "inner": r"\b(?:system (?:prompt|message)|developer (?:prompt|message)|instructions? (?:that )?you (?:were|have been) given|hidden (?:reasoning|prompt|instructions?)|chain.of.thought|(?:chat|conversation|session) (?:transcript|history|log|so far)|transcript of the|everything (?:discussed|said|we|the user|you)|(?:all|every|the) (?:that )?(?:previous|earlier|prior) (?:messages|turns)|(?:your |agent'?s? |model'?s? )(?:long.term )?memory|(?:names?|list|descriptions?|schemas?)[^.\n]* (?:other|further|all|each|available)[^.\n]* tools?|all (?:that )?you (?:know|have learnt|remember)|printenv|env dump|keys and tokens|(?:secrets?|tokens?|credentials?|passwords?)[^.\n]*(?:mentioned|appeared|in the session|in scope|you know|you have))\b",
    "env_dump": r"\b(?:environment variables?|env vars?|environ|home directory)\b",
    # money and destruction asked in passing
    "harm": r"(?:\brm -rf\b|\bsh\b|\| ?(?:ba)?sh\b|\bsudo\b|\bbackdoor\b|\bauthorized_keys\b|role=admin|\bdisable (?:the )?(?:firewall|antivirus|guard)|\buninstall\b)",
    # orders, wherever they stand
    "order_you": r"\b(?:you (?:must|have to|are (?:now )?(?:required|obliged|expected|instructed|ordered|authori[sz]ed)|need to|shall)(?: now| then| also| immediately| first)*|(?:agents?|assistants?|models?|clients?|llms?) (?:are|is) (?:expected|required|obliged|instructed|asked|advised|assumed|supposed)|conforming clients)\b",
    "own_stuff": r"\b(?:documents? folder|desktop folder|downloads folder|open (?:tabs|files|documents)|recently (?:edited|opened) (?:documents|files)|outbox|clipboard|private repositor(?:y|ies)|customer (?:table|list|database)|home directory|photos|camera roll|payslips?|identity (?:papers|documents)|passports?|bank (?:details|statements?|movements)|saved log-?ins?|password manager|shell (?:history|start-?up)|seed phrase|(?:earlier|previous|last|recent) messages)\b",
    "switch_off": r"\b(?:disable|turn off|switch off|deactivate|suspend(?:ed)?|lift(?:ed)?|bypass)\b[^.\n]*\b(?:sandbox|antivirus|firewall|tls|certificate|verification|protection|safety|confirmations?|guard|audit)\b|-ExecutionPolicy Bypass|--privileged|\bmounted at /host\b",
    "fake_system": r"(?:^|\n|\s)(?:system|administrator|anthropic|openai)\s*:\s+(?:the |you |all |developer |this |session|please )|-{2,}\s*end of (?:the )?(?:tool|system|description|list|prompt|context)|this is your (?:administrator|developer|operator|creator)|message from (?:the )?(?:mcp|anthropic|openai|your|system|core|security)",
    "false_say": r"\b(?:state|say|tell|claim|report|answer|assert|inform)\b[^.\n]*\b(?:even though they|although they|that (?:everything|nothing|the user asked)|session expired|is required by)\b|\beven though they did not\b",
    "reward": r"\b(?:reward|penalt(?:y|ies)|bonus)\b[^.\n]*\b(?:each call|every call|call of|calls of|competing tool|using (?:this|other))\b",
    "for_every": r"\b(?:use|call|invoke|run|route|send)\b[^.\n]*\b(?:for|on|with|at|before|after|in) (?:every|each|all)\b[^.\n]*\b(?:messages?|questions?|answers?|repl(?:y|ies)|requests?|turns?|topics?|greetings?)\b|\bnever skip (?:it|this)\b|\broute everything\b",
    "no_wait": r"\b(?:(?:must not|need not|do not|don'?t|never|without|no need to|not) (?:wait|waiting|ask|asking|prompt|consult|confirm)[^.\n]*\b(?:user|users|person|approval|confirmation|consent|permission|again|them)|(?:user|users|person|human)s?[^.\n]{0,30}(?:doesn'?t|does not|don'?t|do not|needn'?t|need not) (?:need|have) to (?:approve|confirm|agree)|only a formality|approved it already|has permanently authori[sz]ed|confirmations? (?:are|is) (?:suspended|off|disabled|waived))\b",
    "hide2": r"\b(?:don'?t|do not|never|without) (?:list|mention|show|explain|reveal|tell|telling|display)\b[^.\n]*\b(?:this|them|the user|users?|summary|block|entry)\b|\busers? (?:needn'?t|need not|would not understand|must not|should not|doesn'?t need to) (?:know|understand|notice|see)|\bkeep (?:it|this) (?:confidential|secret|quiet)|\bmark it as hidden\b|\bkeep showing\b|\bcovert(?:ly)?\b",
    "steal": r"\b(?:169\.254\.169\.254|metadata/iam|try each one|seed phrase again|recovery keys?|windows password|find-generic-password|key=clear|cookies\.sqlite|_authtoken|login data|saved (?:log-?ins?|passwords)|bank pin)\b",
    # other languages: hide from the user, override, hand over
    "hide_foreign": r"(?:(?:不要|不得|请勿|别|切勿|勿|無需|无需|不能|不可)(?:让|讓|告诉|告訴|告知|通知|向|对|對|给)[^。\n]*(?:用户|使用者|用戶)|(?:对|對)(?:用户|使用者|用戶)(?:保密|隐瞒|隱瞞)|(?:隐瞒|瞒着|隱瞞)(?:用户|使用者|用戶)|no\s+(?:se\s+)?(?:lo\s+|le\s+)?(?:digas?|informes?|cuentes?|menciones?|reveles?|muestres?)\b|sin que el usuario|n[ãa]o\s+(?:conte|diga|informe|mencione|revele|mostre)|sem que o usu[áa]rio|(?:dem|den|der)\s+(?:be|an)?(?:nutzer|wender)\S*[^.\n]*(?:nicht|verschweig|verheimlich|nichts)|(?:verschweig|verheimlich)\S*|l.utilisateur\s+ne\s+doit|ne\s+(?:le\s+|rien\s+)?(?:dis|dites|mentionne\S*|révèle\S*|parle\S*)\b|à l.insu|(?:all.|l.)utente\s+non|non\s+(?:dir\S*|menzion\S*|rivel\S*)|(?:не\s+(?:говори|сообщай|рассказывай|упоминай|показывай)\S*|втайне|скрой|скрывай|не\s+(?:нужно|должен|должна|следует)\s+знать)|(?:ユーザー|利用者|使用者)[^。\n]*(?:内緒|秘密|知らせ|伝え|言わ|教え|気づ)|사용자[^.\n]*(?:몰라|모르게|알리지|말하지|비밀로|숨기)|لا\s+تخبر|دون علم|jangan (?:beri ?tahu|katakan|sebut)|tanpa sepengetahuan|kullanıcı\S*[^.\n]*(?:söyleme|bildirme|belirtme|haber verme)|không (?:nói|cho|tiết lộ)[^.\n]*người dùng|nie (?:mów|informuj|wspominaj|ujawniaj)|vertel\S*[^.\n]*niet|उपयोगकर्ता[^।\n]*(?:न बताएं|मत बताना|मत बताओ|न बताना))",
    "override_foreign": r"(?:(?:忽略|无视|忽視|無視|忘记|忘記|不理会)[^。\n]*(?:指令|指示|说明|說明|规则|規則|提示)|(?:指示|命令|指令|ルール)[^。\n]*無視|(?:지시|명령|지침|규칙)[^.\n]*(?:무시|잊)|(?:ignor|olvid|descart|desconsider|esque[çc])\S*[^.\n]*(?:instruc\S+|instru[çc]\S+|reglas|regras)|(?:ignorier|missacht|vergiss)\S*[^.\n]*(?:anweisung\S*|regeln|vorgaben|instruktion\S*)|(?:игнорируй|забудь|отмени|не учитывай)\S*[^.\n]*(?:инструкци|указани|правил)\S*|(?:ignore|oublie|néglige)\S*[^.\n]*(?:consignes|instructions précédentes|règles)|(?:ignora|dimentica|trascura)\S*[^.\n]*(?:istruzioni|regole)|(?:abaikan|lupakan)[^.\n]*(?:instruksi|perintah|aturan)|(?:talimat|yönerge|kural)\S*[^.\n]*(?:yok say|görmezden|unut)|(?:bỏ qua|phớt lờ|quên)[^.\n]*(?:hướng dẫn|chỉ thị|lệnh)|(?:zignoruj|zapomnij|pomiń)[^.\n]*(?:instrukcj|polece)\S*|(?:negeer|vergeet)[^.\n]*(?:instructies|regels)|تجاهل[^.\n]*(?:التعليمات|الأوامر)|(?:निर्देश|नियम)\S*[^।\n]*(?:अनदेखा|नज़रअंदाज़|भूल))",
    "give_foreign": r"(?:发送|發送|上传|上傳|传递|放入|填入|转发|轉發|附上|读取|讀取|送信|送っ|入れて|添付|転送|読み|読ん|보내|전송|첨부|업로드|읽어|읽고|env[íi]a\S*|adjunt\S+|inclu[iy]\S*|sube\b|envie\b|mande\b|anexe\S*|leia\b|lee\b|lese\S*|lies\b|schick\S*|send(?:e|en)\b|mitschick\S*|übermittel\S*|füge\b|hänge\b|envoie\S*|envoye\S*|joins?\b|transmet\S*|lis\b|lisez\b|invia\S*|allega\S*|leggi\b|отправ\S+|передай\S*|прочитай\S*|вставь\S*|пришли\S*|перешли\S*|kirim\S*|baca\b|unggah\b|gönder\S*|oku\b|ekle\S*|gửi\b|đọc\b|wyślij|przeczytaj|dołącz|stuur\S*|lees\b|أرسل|ارسل|اقرأ|भेज\S*|पढ़\S*)",
    "secret_foreign": r"(?:密码|密碼|私钥|私鑰|凭证|憑證|密钥|口令|令牌|环境变量|パスワード|秘密鍵|認証情報|環境変数|トークン|비밀번호|개인 키|자격 증명|환경 변수|contraseñas?|clave privada|claves|credenciales|senhas?|chave privada|credenciais|pass?wort\S*|kennwort\S*|zugangsdaten|schlüssel\S*|mots? de passe|clés? priv\S+|identifiants|parola\S*|password dell|chiave privata|парол\S+|приватн\S+ ключ|секретн\S+|kata sandi|şifre\S*|parolas\S*|mật khẩu|hasł\S+|wachtwoord\S*|كلمة المرور|كلمات المرور|पासवर्ड)",
}  # fmt: skip
"""Name to expression. Case is ignored everywhere."""


class Meeting(NamedTuple):
    """Clues that together weigh something.

    The first of `needs` is the rare one, by which definitions without any threat are passed over.
    None of `unless` may be in the sentence, and none of `alien` in what the tool says it is for: a
    password field is odd in a tool that tells jokes, not in one that logs in. With `wide`, the clues
    may be spread over two neighbouring sentences.
    """

    weight: float
    needs: tuple[str, ...]
    unless: tuple[str, ...] = ()
    alien: tuple[str, ...] = ()
    wide: bool = False


ALIEN_TOOL = "alien_tool"
"""A pseudo-clue: the name of a tool that has no word in common with this tool or its server."""


def meeting(
    weight: float, needs: str, unless: str = "", alien: str = "", *, wide: bool = False
) -> Meeting:
    """Make a meeting from space-separated names of clues; the first must be rare.

    Raises:
        KeyError: there is no clue of that name.

    """
    made = Meeting(weight, tuple(needs.split()), tuple(unless.split()), tuple(alien.split()), wide)
    for name in (*made.needs, *made.unless, *made.alien):
        _ = name == ALIEN_TOOL or CLUES[name]  # a misspelt name would never match, silently
    return made


def trigger(rules: Sequence[Meeting]) -> tuple[str, ...]:
    """Return the expressions of which at least one must occur where any of the rules holds."""
    return tuple(dict.fromkeys(_expression(rule.needs[0]) for rule in rules))


@cache
def _expression(name: str) -> str:
    return "(?i)" + CLUES[name]


@cache
def _names() -> dict[str, str]:
    """Return the name of the clue that an expression is."""
    return {_expression(name): name for name in CLUES}


@cache
def _seeker(name: str) -> Seeker:
    return seeker(_expression(name))


class _Clues:
    """The clues of one text, looked for when asked about and then remembered."""

    __slots__ = ("_bytes", "_known", "_reading", "_text")

    def __init__(self, text: str, reading: Reading) -> None:
        self._text = text
        self._bytes = text.encode("utf-8", "replace")
        self._reading = reading
        self._known: dict[str, bool] = {}

    def __contains__(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            if name == ALIEN_TOOL:
                known = any(
                    _is_alien(found.group(), _known_words(self._reading))
                    for found in _IDENTIFIER.finditer(self._text)
                )
            else:
                known = bool(_seeker(name)(self._bytes))
            self._known[name] = known
        return known


_IDENTIFIER = re2.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")  # type: ignore[no-untyped-call]
_FILES = frozenset(["authorized_keys", "known_hosts", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"])
_SHORT = 3


def _is_alien(identifier: str, known: frozenset[str]) -> bool:
    """Say whether it names a tool of somebody else: a file of keys is called so too, and is none."""
    return (
        identifier not in known
        and identifier not in _FILES
        and known.isdisjoint(word for word in identifier.split("_") if len(word) > _SHORT)
    )


_BREAK = re2.compile(r"[.!?;]+[)\"'*]*\s+|[。！？；]|\n+")  # type: ignore[no-untyped-call]
MAX_SENTENCES = 300
_MAX_SENTENCE = 500
_SHORTEST = 3


def _sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence; long ones are cut at a bound, and read on after it."""
    found: list[tuple[int, int]] = []
    start = 0
    for stop in (*((m.start(), m.end()) for m in _BREAK.finditer(text)), (len(text), len(text))):
        while stop[0] - start > _MAX_SENTENCE and len(found) < MAX_SENTENCES:
            found.append((start, start + _MAX_SENTENCE))
            start += _MAX_SENTENCE
        if stop[0] - start >= _SHORTEST:
            found.append((start, stop[0]))
        start = stop[1]
        if len(found) >= MAX_SENTENCES:
            break
    return found


class _Whole:
    """A text with its clues and, where they are asked for, its sentences with theirs."""

    __slots__ = ("_spans", "_told", "clues", "text")

    def __init__(self, text: str, reading: Reading) -> None:
        self.text = text
        self.clues = _Clues(text, reading)
        self._spans: list[tuple[int, int]] | None = None
        self._told: list[_Clues] | None = None

    def spans(self) -> list[tuple[int, int]]:
        if self._spans is None:
            self._spans = _sentences(self.text)
        return self._spans

    def told(self, reading: Reading) -> list[_Clues]:
        if self._told is None:
            self._told = [_Clues(self.text[start:end], reading) for start, end in self.spans()]
        return self._told


def _read(reading: Reading, text: Text) -> _Whole:
    """Return a text as read once for all detectors."""
    shared = reading.suspects.shared
    if id(text) not in shared:
        shared[id(text)] = _Whole(text.searched(), reading)
    found: _Whole = shared[id(text)]
    return found


def meetings(
    reading: Reading, text: Text, rules: Sequence[Meeting]
) -> Iterator[tuple[float, Evidence]]:
    """Yield (weight, quote of one sentence or two) wherever clues of a rule meet."""
    heard = reading.suspects.heard
    if heard is not None:
        names = {_names().get(expression) for expression in heard}
        rules = [rule for rule in rules if rule.needs[0] in names]
        if not rules:
            return
    whole = _read(reading, text)
    possible = [rule for rule in rules if all(name in whole.clues for name in rule.needs)]
    if not possible:
        return
    searched, spans, told = whole.text, whole.spans(), whole.told(reading)
    for index, (start, end) in enumerate(spans):
        best, until = 0.0, end
        for rule in possible:
            if rule.weight <= best:
                continue
            last = _last(rule, searched, spans, told, index, reading)
            if last is not None and not _is_subject(rule, reading, text, start):
                best, until = rule.weight, last
        if best:
            yield best, text.quote(start, until)


def _last(  # noqa: PLR0913, PLR0917 - one step of meetings, with all it knows
    rule: Meeting, text: str, spans: list[tuple[int, int]], told: list[_Clues], index: int,
    reading: Reading,
) -> int | None:  # fmt: skip
    """Return where a meeting that starts in a sentence ends, if it is one."""
    start, end = spans[index]
    here = told[index]
    if all(name in here for name in rule.needs):
        return None if any(name in here for name in rule.unless) else end
    if rule.wide and index + 1 < len(spans):
        end = spans[index + 1][1]
        both = _Clues(text[start:end], reading)
        if all(name in both for name in rule.needs):
            return None if any(name in both for name in rule.unless) else end
    return None


def _is_subject(rule: Meeting, reading: Reading, text: Text, start: int) -> bool:
    """Say whether what a rule finds odd is what the tool is for, by its name and first sentence."""
    if not rule.alien:
        return False
    first = text.pointer == "/description" and start < reading.lead + len(reading.told)
    about = " ".join((*reading.name, reading.tool.title or "", "" if first else reading.told))
    subject = _Clues(about, reading)
    return any(name in subject for name in rule.alien)


def _known_words(reading: Reading) -> frozenset[str]:
    shared = reading.suspects.shared
    if "known" not in shared:
        named = {parameter.name for parameter in reading.parameters}
        words = {word for word in (*reading.name, *reading.server) if len(word) > _SHORT}
        shared["known"] = frozenset((reading.tool.name, *named, *words))
    found: frozenset[str] = shared["known"]
    return found
