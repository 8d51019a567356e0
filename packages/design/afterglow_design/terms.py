"""The practice's terms: what people accept, in each language, and which version of it."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from afterglow_design.configured import Language, Text


def paragraphs_of(text: str) -> list[str]:
    return [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]


class TermsText(BaseModel):
    """The terms in one language; an empty line between paragraphs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language
    text: Text = Field(min_length=1, max_length=20_000)


ENGLISH_TERMS = """\
This portal is for adults who are clients of the practice, and for the people who work here. What you write is kept \
for you and for those who look after you.

It is not an emergency service. Nobody watches it around the clock. If you are in danger, or somebody else is, use \
the numbers under "Help in a crisis".

Keep your way of signing in to yourself, and lock your phone. Tell the practice at once if you think that somebody \
else has been in your account.

The practice keeps records for as long as the law asks it to. You may read and download yours at any time, and see \
who has opened it.
"""
SPANISH_TERMS = """\
Este portal es para personas adultas que reciben atención en el consultorio y para quienes trabajan aquí. Lo que \
usted escribe se guarda para usted y para quienes le atienden.

No es un servicio de emergencia. Nadie lo vigila día y noche. Si usted u otra persona está en peligro, use los \
números de «Ayuda en una crisis».

No comparta con nadie su forma de entrar y bloquee su teléfono. Avise enseguida al consultorio si cree que otra \
persona ha entrado en su cuenta.

El consultorio guarda los registros durante el tiempo que pide la ley. Usted puede leer y descargar los suyos cuando \
quiera, y ver quién los ha abierto.
"""


class Terms(BaseModel):
    """What people accept when they first sign in, and again whenever there is a newer version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(default=1, ge=1)
    texts: tuple[TermsText, ...] = Field(
        default=(TermsText(language="en", text=ENGLISH_TERMS), TermsText(language="es", text=SPANISH_TERMS)),
    )

    @field_validator("texts")
    @classmethod
    def each_once(cls, value: tuple[TermsText, ...]) -> tuple[TermsText, ...]:
        if not value or len({text.language for text in value}) != len(value):
            raise ValueError("at least one text, and one for each language")
        return value

    def paragraphs(self, language: str) -> list[str]:
        """In that language, else in the first there is."""
        chosen = next((text for text in self.texts if text.language == language), self.texts[0])
        return paragraphs_of(chosen.text)

    def words(self) -> dict[str, list[str]]:
        """All of it by language, in whatever order and with whatever empty lines it was written."""
        return {text.language: paragraphs_of(text.text) for text in self.texts}
