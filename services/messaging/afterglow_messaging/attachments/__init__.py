"""Attachments: files of a message, uploaded in parts, judged by their content, sealed in chunks, taken as downloads."""
