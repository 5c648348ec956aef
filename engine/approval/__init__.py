"""Several people on one user task: who has a work item, who may act now, when it is decided.

Invariant: pure. A board is a value; every change gives a new one, settled: it is either decided,
and nothing on it is open, or somebody can act. Items are never taken off, they end.

Vocabulary (case-operations A.1, A.2): 会签 all, 会签按比例 ratio, 或签 any, 依次 ordered,
票签 vote; 前加签 before, 后加签 after, 并加签 beside, 减签 remove, 委派 delegate, 转办 transfer.
"""
