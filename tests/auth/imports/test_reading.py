"""Reading a file of clients: columns in any order, and every fault with its row and column."""

import pytest
from afterglow_auth.imports.reading import read
from afterglow_auth.imports.schemas import MOST_ROWS, ImportIn


def faults(text: str) -> list[tuple[int, str | None, str]]:
    return [(fault.row, fault.column, fault.code) for fault in read(ImportIn(csv=text)).faults]


@pytest.mark.parametrize(
    "text",
    [
        "name,email\nNoor Aziz,noor@example.org\n",
        "\ufeffName;E-Mail\r\nNoor Aziz;noor@example.org\r\n".replace("E-Mail", "Email"),
        'email\tname\tlocale\nnoor@example.org\t"Noor Aziz"\tes\n\n\n',
        "Email , Name , Therapist email\nnoor@example.org , Noor Aziz ,\n",
    ],
)
def test_a_file_as_spreadsheets_write_it(text: str):
    reading = read(ImportIn(csv=text, time_zone="Europe/Madrid"))
    assert reading.faults == []
    (person,) = reading.people.values()
    assert (person.name, person.email, person.role, person.time_zone) == (
        "Noor Aziz",
        "noor@example.org",
        "client",
        "Europe/Madrid",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, None, "empty")]),
        ("name,email\n", [(1, None, "empty")]),
        ('name,email\n"Noor', [(1, None, "malformed")]),
        ("name,mail\nNoor,noor@example.org", [(1, None, "unknown_column"), (1, "email", "missing_column")]),
        ("name,email,name\nN,n@example.org,M", [(1, "name", "repeated_column")]),
        ("name,email\nNoor", [(2, None, "width")]),
        ("name,email\n,noor@example.org", [(2, "name", "missing")]),
        ("name,email\nNoor,", [(2, "email", "missing")]),
        ("name,email\nNoor,nobody", [(2, "email", "string_pattern_mismatch")]),
        ("name,email\nN,n@example.org\nM,N@Example.org", [(3, "email", "duplicate")]),
        ("name,email,role\nN,n@example.org,therapist", [(2, "role", "staff")]),
        ("name,email,time_zone\nN,n@example.org,Mars/Olympus", [(2, "time_zone", "value_error")]),
        ("name,email,locale\nN,n@example.org,english!", [(2, "locale", "string_pattern_mismatch")]),
        ("name,email\nNoor\u202e,n@example.org", [(2, "name", "control_characters")]),
        ("name,email\nNo\u0000or,n@example.org", [(2, "name", "string_pattern_mismatch")]),
        ("name,email\nNoor,n\u0430@example.org", [(2, "email", "look_alike")]),
        ("name,email\nNoor,n@ex\u0430mple.org", [(2, "email", "domain_not_ascii")]),
        (
            "name,email\nNoor,n@\u0435xample.org\n\nAda,a b@example.org",
            [
                (2, "email", "domain_not_ascii"),
                (4, "email", "string_pattern_mismatch"),
            ],
        ),
    ],
)
def test_each_fault_names_row_and_column(text: str, expected: list[tuple[int, str | None, str]]):
    assert faults(text) == expected


def test_a_domain_of_another_script_is_shown_for_what_it_is():
    (fault,) = read(ImportIn(csv="name,email\nNoor,n@ex\u0430mple.org")).faults
    assert fault.detail == "xn--exmple-4nf.org"
    assert "xn--exmple-4nf.org" in fault.message
    (person,) = read(ImportIn(csv="name,email\nNoor,n@xn--exmple-4nf.org")).people.values()
    assert person.email == "n@xn--exmple-4nf.org"


def test_a_name_may_be_of_any_script():
    names = ["Ελένη Παππά", "José Ñuñez", "ندا", "می\N{ZERO WIDTH NON-JOINER}خواهم", "O'Brien-Smith"]
    text = "name,email\n" + "\n".join(f"{name},{number}@example.org" for number, name in enumerate(names))
    assert faults(text) == []


def test_only_so_many_rows_are_taken():
    rows = [f"N,{number}@example.org" for number in range(MOST_ROWS + 1)]
    assert faults("name,email\n" + "\n".join(rows)) == [(1, None, "too_many_rows")]
    assert faults("name,email\n" + "\n".join(rows[:-1])) == []
