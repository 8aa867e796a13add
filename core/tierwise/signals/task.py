"""The question inside a message: harness text, few-shot examples, cue lines and answer options taken off."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tierwise.signals.text import window

_HARNESS_TAG: Final = re.compile(
    r"<((?:system|environment|ide|editor|git|user|project|session|workspace|local|command|additional|injected|attached|open|"
    r"relevant|retrieved|search|tool|function|available|task)?[_-]?"
    r"(?:reminder|environment|details|context|info|information|metadata|state|status|stdout|stderr|memory|memories|rules|"
    r"guidelines|files?|selection|documents?|passages?|article|transcript|results?|message|args|name|data|instructions|"
    r"timestamp|diagnostics|tools))(?:\s[^<>]{0,300})?>",
    re.IGNORECASE,
)
_TASK_TAG: Final = re.compile(
    r"<(user_query|user_question|query|question|task|user_request|user_message|request|prompt|"
    r"pr_description|issue)(?:\s[^<>]{0,200})?>",
    re.IGNORECASE,
)
_TOOL_OUTPUT: Final = re.compile(
    r"\A\s*(?:\[?(?:tool|function)[ _-]?(?:output|result|response|call result)s?\b|"
    r"<(?:tool|function)[_-]?(?:result|output|response)s?\b|observation\s*:|\[?command output\b|"
    r"output of (?:the )?(?:tool|command)\b)",
    re.IGNORECASE,
)
_HARNESS_NOTE: Final = re.compile(
    r"\A\s*(?:\[(?:system|context|note|reminder|automated|auto)[^\]\n]{0,200}\]\s*\Z|caveat: the messages below|"
    r"\[request interrupted|this session is being continued from)",
    re.IGNORECASE,
)
_ANSWER_LINE: Final = re.compile(
    r"(?:^[ \t]*|[.!?] )(?:final answer|answer|a|output|response|solution|respuesta|antwort|réponse|reponse|risposta|"
    r"resposta|ответ|答案|回答|答|解答|정답|답)"
    r"[ \t]*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_QUESTION_LINE: Final = re.compile(
    r"^[ \t#*]*(?:q|question|problem|input|pregunta|frage|pergunta|domanda|вопрос|问题|問題|질문)[ \t*]*\d{0,3}[ \t]*[:：.]",
    re.IGNORECASE | re.MULTILINE,
)
_OPTION_LINE: Final = re.compile(r"^[ \t]*\(?([A-Ja-j]|[1-9])[.):、][ \t]+\S[^\n]{0,400}$", re.MULTILINE)
_OPTIONS_HEADER: Final = re.compile(
    r"^[ \t]*(?:options|choices|answer choices|opciones|optionen|选项)[ \t]*[:：][ \t]*$", re.IGNORECASE | re.MULTILINE
)
_CUE_LINE: Final = re.compile(
    r"^[ \t#*]*(?:"
    r"(?:final answer|answer|a|output|response|solution|respuesta|antwort|réponse|risposta|resposta|ответ|答案|回答|答)"
    r"[ \t]*[:：][^\n]{0,60}"
    r"|(?:please )?(?:let'?s |let us )?(?:think|reason|work|go)(?: this| it)?(?: through| out)? "
    r"step[ -]by[ -]step(?:[^\n]{0,30}|[^\n]{0,80}\banswer\b[^\n]{0,80})"
    r"|the following (?:are|is) (?:an? )?multiple[ -]choice[^\n]{0,300}"
    r"|(?:question|problem|instructions?|task|input)[ \t]*[:：]?[ \t]*"
    r"|(?:please )?(?:print|return|respond|answer|reply|output|give|provide|present|choose|select|show)\b[^\n]{0,60}\b"
    r"(?:letter|choice|json|final answer|boxed|explanation|option|answer (?:only|in|as)|format:?|only the (?:exact |final )?"
    r"(?:output|answer|number|result|value|word|letter))\b[^\n]{0,200}"
    r"|(?:your|the) (?:final )?(?:answer|response|output) (?:should|must|needs)[^\n]{0,240}"
    r")$",
    re.IGNORECASE | re.MULTILINE,
)
_CUE_SENTENCE: Final = re.compile(
    r"(?<=[.?!。？！])\s*(?:please )?(?:let'?s |let us )?(?:"
    r"(?:think|reason|work)(?: through| it out)? step[ -]by[ -]step(?:[^.\n]{0,30}|[^.\n]{0,80}\banswer\b[^.\n]{0,80})"
    r"|(?:give|provide|print|return|output|answer|respond|reply)\b[^.\n]{0,60}\b(?:only|final answer|format|json|letter)\b"
    r"[^.\n]{0,120})\.?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HOW_TO: Final = re.compile(
    r"(?:(?<=[?？])|(?<=\bhi[.!])|(?<=\bhello[.!]))\s*(?:please )?(?:let'?s )?(?:think|reason|work)(?: through| it out)? "
    r"step[ -]by[ -]step[^\n]{0,300}$",
    re.IGNORECASE | re.MULTILINE,
)
"""After a question that is complete, "think step by step …" only says how, however long it runs on."""

_FORMAT_BLOCK: Final = re.compile(
    r"^#{1,4} (?:instructions?|output format|format|response format)[ \t]*:?[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_CUE_HINTS: Final = ("only", "step", "final answer", "format", "JSON", "json", "letter")
_QUERY_HEADER: Final = re.compile(
    r"^#{1,4}[ \t]*(?:user )?(?:query|question|request)[ \t]*:?[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_BOILERPLATE_CHARS: Final = 30


class Question(NamedTuple):
    """A message's question, and how many answer options stood under it."""

    text: str
    options: int


def is_tool_output(text: str) -> bool:
    """True where a person's message is in truth a tool's output that a harness pasted."""
    return _TOOL_OUTPUT.match(text) is not None


def strip_harness(text: str, earlier: str = "") -> str:
    """Takes off what a harness put around a person's words.

    Args:
        text: A user message.
        earlier: The user message before it: long lines that stand in both are boilerplate.

    Returns:
        The person's words; empty where the harness wrote everything.
    """
    text = window(text)
    if _HARNESS_NOTE.match(text):
        return ""
    if "<" in text:
        text = _drop_tags(_inside_task_tag(text))
    if earlier and "\n" in text:
        text = _drop_repeated(text, earlier)
    return text.strip()


def _inside_task_tag(text: str) -> str:
    found = _TASK_TAG.search(text)
    if found is None:
        return text
    end = text.find(f"</{found[1]}>", found.end())
    inner = text[found.end() : end] if end >= 0 else ""
    return inner if len(inner.strip()) > 1 else text


def _drop_tags(text: str) -> str:
    kept: list[str] = []
    at = 0
    for found in _HARNESS_TAG.finditer(text):
        if found.start() < at:
            continue
        end = text.find(f"</{found[1]}>", found.end())
        if end >= 0:
            kept.append(text[at : found.start()])
            at = end + len(found[1]) + 3
    return "".join((*kept, text[at:])) if kept else text


def _drop_repeated(text: str, earlier: str) -> str:
    seen = {line.strip() for line in window(earlier).split("\n") if len(line) >= _BOILERPLATE_CHARS}
    lines = text.split("\n")
    kept = [line for line in lines if line.strip() not in seen]
    return text if len(kept) == len(lines) or not any(line.strip() for line in kept) else "\n".join(kept)


def split_question(text: str) -> Question:
    """Splits a message (already without harness text) into its question and the number of its answer options."""
    whole = text
    if "\n" in text:
        text = _last_block(_under_header(text) if "#" in text else text)
        text, options = _split_options(text)
        text = _FORMAT_BLOCK.split(text, maxsplit=1)[0] if "#" in text and _FORMAT_BLOCK.search(text, 20) else text
        text = _CUE_LINE.sub("", text)
    else:
        options = 0
    if any(map(text.__contains__, _CUE_HINTS)):
        text = _CUE_SENTENCE.sub("", _HOW_TO.sub("", text))
    text = text.strip()
    return Question(text or whole.strip(), options)


def _under_header(text: str) -> str:
    """After a document, the question under its own header."""
    found = list(_QUERY_HEADER.finditer(text))
    rest = text[found[-1].end() :] if found else ""
    return rest if rest.strip() else text


def _last_block(text: str) -> str:
    """Of worked examples and the real question after them, the real question."""
    answers = list(_ANSWER_LINE.finditer(text))
    questions = list(_QUESTION_LINE.finditer(text))
    if len(questions) >= 2 and len(answers) >= len(questions) - 1 and answers[0].start() < questions[-1].start():
        return text[questions[-1].end() :]
    if len(answers) >= 2 and not text[answers[-1].end() :].strip():
        gap = text.find("\n\n", answers[-2].end())
        return text[gap:] if 0 <= gap < answers[-1].start() else text
    return text


def _split_options(text: str) -> tuple[str, int]:
    """Options are two or more lettered lines in order, from A (or 1, under a header)."""
    found = list(_OPTION_LINE.finditer(text))
    header = _OPTIONS_HEADER.search(text)
    first = next(
        (i for i in range(len(found) - 1, -1, -1) if found[i][1] in "Aa" or (header and found[i][1] == "1")), None
    )
    if first is None or len(found) - first < 2 or ord(found[first + 1][1]) != ord(found[first][1]) + 1:
        return text, 0
    start = header.start() if header and header.start() < found[first].start() else found[first].start()
    return f"{text[:start]}\n{text[found[-1].end() :]}", len(found) - first
