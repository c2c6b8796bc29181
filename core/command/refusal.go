package command

import (
	"bytes"
	"strings"
)

// Error is the text of an error reply, without the leading '-' and the line end.
type Error string

// Error returns the text.
func (e Error) Error() string { return string(e) }

// The error replies that more than one command gives.
const (
	errSyntax     Error = "ERR syntax error"
	errNotInteger Error = "ERR value is not an integer or out of range"
	errWrongType  Error = "WRONGTYPE Operation against a key holding the wrong kind of value"
	// errNotInteger32 is the same for an integer that has to fit into 32 bits.
	errNotInteger32 Error = "ERR value is out of range, value must between -2147483648 and 2147483647"
)

// maxQuoted is how much of a client's own words an error repeats, in bytes.
const maxQuoted = 128

// Refusal returns the error for a command that cannot be executed as it stands: row is what Resolve has returned for
// it, and is nil or does not fit the arguments.
func Refusal(args [][]byte, row *Row) error {
	switch {
	case row == nil:
		return unknown(args)
	case !row.ArityFits(len(args)):
		return WrongArity(row)
	}
	return errSyntax
}

// WrongArity returns the error for a command with too few or too many arguments.
func WrongArity(row *Row) error {
	return Error("ERR wrong number of arguments for '" + row.Name + "' command")
}

func unknown(args [][]byte) error {
	if container := Lookup(args[0]); container != nil {
		return unknownSubcommand(container, args[1])
	}
	return UnknownCommand(args)
}

// UnknownCommand returns the error for a command that there is not. It repeats the first arguments, about 128 bytes of
// them.
func UnknownCommand(args [][]byte) error {
	var text strings.Builder
	text.WriteString("ERR unknown command '")
	text.Write(quotable(args[0], maxQuoted))
	text.WriteString("', with args beginning with: ")
	quoted := 0
	for _, arg := range args[1:] {
		if quoted >= maxQuoted {
			break
		}
		shown := quotable(arg, maxQuoted-quoted)
		text.WriteString("'")
		text.Write(shown)
		text.WriteString("' ")
		quoted += len(shown) + len("'' ")
	}
	return Error(text.String())
}

func unknownSubcommand(container *Row, name []byte) error {
	return Error("ERR unknown subcommand '" + string(quotable(name, maxQuoted)) +
		"'. Try " + strings.ToUpper(container.Name) + " HELP.")
}

// wrongSubcommandSyntax returns the error of a subcommand that takes fewer arguments than its arity allows.
func wrongSubcommandSyntax(args [][]byte) error {
	return Error("ERR unknown subcommand or wrong number of arguments for '" + string(quotable(args[1], maxQuoted)) +
		"'. Try " + strings.ToUpper(string(args[0])) + " HELP.")
}

// quotable returns the first bytes of text, up to a limit or to the NUL that ends a C string.
func quotable(text []byte, limit int) []byte {
	text = text[:min(len(text), limit)]
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	return text
}
