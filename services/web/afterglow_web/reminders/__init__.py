"""A client's page of reminders: what portal plans, and the quiet hours that auth keeps."""
