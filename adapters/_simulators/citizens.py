"""Persons and enterprises of the demo that the unified identity vouches for; all made up."""

from collections.abc import Mapping
from typing import Any, Final

_PERSON: Final = {"user_type": "person", "id_type": "resident_id"}
_ENTERPRISE: Final = {"user_type": "enterprise", "id_type": "resident_id"}

CITIZENS: Final[Mapping[str, Mapping[str, Any]]] = {
    "p1001": {
        **_PERSON,
        "name": "甲某",
        "id_no": "610102198506150013",
        "phone_number": "13900001001",
        "level": 3,
    },
    "p1002": {
        **_PERSON,
        "name": "乙某",
        "id_no": "610102198808200020",
        "phone_number": "13900001002",
        "level": 2,
    },
    "p1003": {
        **_PERSON,
        "name": "丁某",
        "id_no": "61010219921110003X",
        "phone_number": "13900001003",
        "level": 2,
    },
    "p1004": {
        **_PERSON,
        "name": "申请人",
        "id_no": "370202199003070011",
        "phone_number": "13900001004",
        "level": 2,
    },
    "p1005": {
        **_PERSON,
        "name": "未实名用户",
        "id_no": "",
        "phone_number": "13900001005",
        "level": 1,
    },
    "e2001": {
        **_ENTERPRISE,
        "org_name": "演示置业有限公司",
        "uscc": "91610131MA6TX00011",
        "name": "经办人甲",
        "id_no": "610102198303030046",
        "phone_number": "13900002001",
        "level": 3,
    },
}
"""Subject → claims. `level`: 1 registered, 2 real name, 3 real name with the face compared."""
