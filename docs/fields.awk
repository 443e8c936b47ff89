# SPDX-License-Identifier: Apache-2.0
#
# The manual page of the fields, from evaluator/field.def: awk -f fields.awk field.def
function unquote(s)
{
	sub(/^[ \t]*"/, "", s)
	sub(/"[ \t]*$/, "", s)
	return s
}

# Text of mdoc lines: backslashes shown, no line that begins as a request does.
function safe(s)
{
	gsub(/\\"/, "\"", s)
	gsub(/\\/, "\\e", s)
	gsub(/\. /, ".\n", s)
	gsub(/\n[.']/, "\n\\\\\\&&", s)
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}

function of_flags(flags, s)
{
	s = ""
	if (flags ~ /ARG_REQUIRED/)
		s = s ", takes an argument"
	else if (flags ~ /ARG_ALLOWED/)
		s = s ", may take an argument"
	if (flags ~ /IS_LIST/)
		s = s ", a list"
	if (flags ~ /FILTER_ONLY/)
		s = s ", in conditions only"
	if (flags ~ /PRINT_ONLY/)
		s = s ", in outputs only"
	if (flags ~ /NO_TRANSFORMER/)
		s = s ", without transformers"
	if (flags ~ /DEPRECATED/)
		s = s ", deprecated"
	return s
}

BEGIN {
	print ".\\\" SPDX-License-Identifier: Apache-2.0"
	print ".Dd November 23, 2026"
	print ".Dt MEWS-FIELDS 5"
	print ".Os"
	print ".Sh NAME"
	print ".Nm mews-fields"
	print ".Nd fields of events, in conditions and outputs"
	print ".Sh DESCRIPTION"
	print "A condition compares fields; an output prints them, each behind a"
	print ".Ql % ."
	print "A field that is missing makes every comparison false, and prints as"
	print ".Ql <NA> ;"
	print "an empty field is a value like others."
}

/^FIELD\(/ { row = $0; if ($0 !~ /"\)$/) { getline; row = row " " $0 } take(row) }

function take(row, head, cls, text, parts, n)
{
	sub(/^FIELD\(/, "", row)
	sub(/\)$/, "", row)
	match(row, /^[^"]*"[^"]*"[^"]*"[^"]*", */)
	head = substr(row, 1, RLENGTH)
	text = unquote(substr(row, RLENGTH + 1))
	n = split(head, parts, /, */)
	cls = head
	sub(/", *$/, "", cls)
	sub(/.*"/, "", cls)
	if (cls != class) {
		if (class != "")
			print ".El"
		class = cls
		print ".Sh " toupper(cls)
		print ".Bl -tag -width Ds"
	}
	print ".It Ic " unquote(parts[2])
	print tolower(parts[3]) of_flags(parts[4]) "."
	print safe(text)
}

END {
	print ".El"
	print ".Sh SEE ALSO"
	print ".Xr mews-evaluator 8"
}
