from afterglow_foundation.identifiers import new_id


def test_ids_are_of_version_seven_unlike_and_in_order() -> None:
    made = [new_id() for _ in range(1000)]
    assert {(made_id.version, made_id.variant) for made_id in made} == {(7, "specified in RFC 4122")}
    assert len(set(made)) == 1000
    assert made == sorted(made)
