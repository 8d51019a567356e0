"""What a client shared with whoever treated them before, shown to somebody who treats them now, if they say so."""
