from afterglow_foundation.migrations import run
from afterglow_messaging.tables import Base

run(Base.metadata, service="messaging")
