"""Moving a case by hand: 退回, 撤回, 跳转, 作废, 唤醒, another version (case-operations A.3)."""
