// Tells the form which zone the clock on the wall is in; without it the person's own zone from their account counts.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) for (const field of document.querySelectorAll("input[data-time-zone]")) field.value = zone;
