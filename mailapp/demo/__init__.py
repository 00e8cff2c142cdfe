"""Sample mail for `mailapp serve --demo`: letters/ holds it, samples reads it, feeder delivers it over SMTP."""
