"""Process notes of somebody who is gone: asked for at the desk, decided by an admin, read for a week."""
