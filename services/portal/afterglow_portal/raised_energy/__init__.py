"""High energy after short nights, where a therapist watches for it (DOMAIN §2): a reason to ask, never a finding."""
