"""The form of those who are asked for an opinion: agree or not, and why.

Invariant: the engine's words for a decision are its values (`engine.approval.board.Decision`).
"""

from typing import Final

from forms import definition
from forms.definition import FormDefinition

_SOURCE: Final = """
form: form_banli_opinion
title: 办理意见
title_en: Opinion
sections:
  - title: 办理意见
    title_en: Opinion
    fields:
      - name: decision
        label: 意见
        label_en: Opinion
        type: choice
        required: true
        values:
          - {value: approve, label: 同意}
          - {value: reject, label: 不同意}
      - name: opinion
        label: 说明
        label_en: Explanation
        help: 不同意的，应当说明理由。
        type: textarea
        required_if: decision = "reject"
        max_length: 2000
"""


def form() -> FormDefinition:
    """The deployed forms know nothing of it: it is the product's own."""
    return definition.read(_SOURCE.encode(), "form_banli_opinion.form.yaml")
