"""Several people on one task, and what they say: 加签, 委派, 抄送, 征询, 离职转办 (A.1, A.2)."""
