"""The reference page of the tools: ``python -m hab_core.analysis.reference > docs/tools.md``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from hab_core.analysis.conditions import operator_words
from hab_core.analysis.registry import tools
from hab_core.analysis.texts.markdown import grid_of
from hab_core.schemas.analysis import MAX_CONDITION_DEPTH, MAX_CONDITIONS, ToolInfo

_HEAD = """# 분석 도구

이 문서는 `python -m hab_core.analysis.reference > docs/tools.md` 명령으로 만듭니다. 직접 고치지 마세요.

도구는 {count}개이며 이름과 인자는 명령(`hab tools run`), SDK(`client.tools.run`), HTTP에서 모두 같습니다.

```python
client.tools.run("get_value_counts", dataset=dataset.id, column="요일").text
```

답은 언제나 `{{"tool", "arguments", "result", "text", "chart", "duration_ms", "truncated"}}` 꼴입니다.

- `result`: 반올림하지 않은 숫자. 계산할 수 없는 값은 null이며 이유는 `result.notes`에 있습니다.
- `text`: 그 결과로 만든 한국어 Markdown.
- `chart`: 그림의 종류와 자료. 그림이 도움이 되지 않으면 null입니다.
- `truncated`: 결과를 줄였으면 true. 무엇을 줄였는지 `result.notes`에 있습니다.
"""
_CONDITIONS = """## 조건

표를 보는 모든 도구는 `conditions`를 받습니다. 목록의 조건은 모두 만족해야 하고,
`any_of`로 묶은 조건은 하나만 만족해도 됩니다
(`any_of` 안에서 여러 조건을 함께 걸 때는 `all_of`). 조건은 {most}개까지, 묶음은 {depth}단계까지입니다.

```json
[
  {{"column": "시군구.구", "operator": "==", "value": "수성구"}},
  {{"column": "사고일시", "operator": "between", "value": ["2021-01", "2021-03"]}},
  {{"any_of": [
    {{"column": "기상상태", "operator": "in", "value": ["비", "눈"]}},
    {{"column": "노면상태", "operator": "contains", "value": "젖음"}}
  ]}}
]
```

{operators}

- 빈 값은 `is_null`만 만족합니다. `!=`도 빈 값을 고르지 않습니다.
- 날짜는 ISO 문자열이고 적은 만큼의 기간을 뜻합니다.
  `2021-03`은 3월 전체, `2021-03-01`은 하루, `2021-03-01T08`은 한 시간입니다.
- `contains`는 글자 그대로 찾습니다. 정규식이 아니므로 어떤 글자를 넣어도 멈추지 않습니다.
- 글자 열은 `==`, `!=`, `in`, `contains`, 참/거짓 열은 `==`, `!=`, `in`만 쓸 수 있습니다.
"""


def render() -> str:
    """Returns the page: every tool in order, with its parameters."""
    infos = [spec.info() for spec in tools()]
    contents = grid_of(["도구", "분류", "하는 일"], [_entry(info) for info in infos])
    words = [[f"`{operator}`", word] for operator, word in operator_words().items()]
    conditions = _CONDITIONS.format(
        most=MAX_CONDITIONS, depth=MAX_CONDITION_DEPTH, operators=grid_of(["연산자", "뜻"], words)
    )
    parts = [_HEAD.format(count=len(infos)), contents + "\n", conditions, *map(_section, infos)]
    return "\n".join(parts)


def _entry(info: ToolInfo) -> list[str]:
    """Returns a tool's line in the table of contents."""
    first = info.description.splitlines()[0]
    return [f"[`{info.name}`](#{info.name})", info.category, first]


def _section(info: ToolInfo) -> str:
    """Returns one tool with its parameters."""
    required = set(info.input_schema.get("required", []))
    properties: Mapping[str, Any] = info.input_schema["properties"]
    lines = [
        [f"`{name}`", _type(schema), _default(name, schema, required), _description(schema).replace("|", "\\|")]
        for name, schema in properties.items()
    ]
    table = grid_of(["인자", "형식", "기본값", "설명"], lines)
    return f"## {info.name}\n\n{info.description}\n\n{table}\n"


def _type(schema: Mapping[str, Any]) -> str:
    """Returns the type of a parameter in words."""
    if "anyOf" in schema:
        return " 또는 ".join(dict.fromkeys(_type(each) for each in schema["anyOf"] if each.get("type") != "null"))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = {"string": "문자열", "integer": "정수", "number": "숫자", "boolean": "참/거짓", "object": "객체"}
    if schema.get("type") == "array":
        items = schema.get("items", {})
        return "조건 목록" if "anyOf" in items and "properties" in items["anyOf"][0] else f"목록({_type(items)})"
    limits = [f"{schema[key]}" for key in ("minimum", "maximum") if key in schema]
    return kinds.get(str(schema.get("type")), "값") + (f" {'~'.join(limits)}" if limits else "")


def _default(name: str, schema: Mapping[str, Any], required: set[str]) -> str:
    """Returns the default of a parameter."""
    if name in required:
        return "필수"
    default = schema.get("default")
    return "-" if default in (None, []) else f"`{json.dumps(default, ensure_ascii=False)}`"


def _description(schema: Mapping[str, Any]) -> str:
    """Returns what a parameter means; alternatives share the first description."""
    inner = next((each["description"] for each in schema.get("anyOf", []) if "description" in each), "")
    return str(schema.get("description") or inner)


if __name__ == "__main__":
    sys.stdout.write(render())
