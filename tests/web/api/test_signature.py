"""The own signature by API: get and put (case-operations A.4)."""

import io

from tests.web.conftest import picture


def uploaded(call) -> str:
    return call.post("/files", data={"file": (io.BytesIO(picture()), "签名.png")}).json["reference"]


def test_a_signature_is_put_once_by_key_seen_and_put_away(caller) -> None:
    call = caller("reviewer")
    assert call.get("/signature").json == {"sha256": None, "since": None, "reference": None}
    sent = {"signature": uploaded(call)}
    first = call("PUT", "/signature", sent, key="sign-1")
    again = call("PUT", "/signature", sent, key="sign-1")
    assert (first.status_code, again.json) == (200, first.json)
    assert call.get("/signature").json["sha256"] == first.json["sha256"]
    gone = call("PUT", "/signature", {"signature": None})
    assert (gone.status_code, gone.json["sha256"]) == (200, None)
    assert call.get("/signature").json["sha256"] is None


def test_another_s_reference_is_no_signature(caller) -> None:
    theirs = uploaded(caller("manager"))
    refused = caller("reviewer")("PUT", "/signature", {"signature": theirs})
    assert refused.status_code == 422
    assert "重新上传" in refused.get_data(as_text=True)


def test_an_applicant_has_none(caller) -> None:
    assert caller("applicant").get("/signature").status_code == 403
