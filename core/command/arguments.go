package command

import "strings"

// Argument documents an argument of a command.
type Argument struct {
	Name string
	Type ArgumentType
	// Token is a word that stands before the argument or, of a TokenArgument, is all of it.
	Token string
	Since string
	// Optional: it may be left out. Multiple: it may be repeated.
	Optional, Multiple bool
	// MultipleToken: the token stands before each repetition.
	MultipleToken bool
	// KeySpec says which of the row's KeyParts a KeyArgument belongs to.
	KeySpec int
	// Arguments are the alternatives of a OneOf, or the parts of a Block.
	Arguments []Argument
}

// ArgumentType is the kind of an argument, in the words of COMMAND DOCS.
type ArgumentType string

const (
	StringArgument  ArgumentType = "string"
	IntegerArgument ArgumentType = "integer"
	DoubleArgument  ArgumentType = "double"
	KeyArgument     ArgumentType = "key"
	PatternArgument ArgumentType = "pattern"
	TimeArgument    ArgumentType = "unix-time"
	TokenArgument   ArgumentType = "pure-token"
	OneOf           ArgumentType = "oneof"
	Block           ArgumentType = "block"
)

// token documents an argument that is one fixed word.
func token(word, since string) Argument {
	return Argument{Name: strings.ToLower(word), Type: TokenArgument, Token: word, Since: since}
}

// flags returns the words by which COMMAND DOCS tells how often an argument may stand.
func (a Argument) flags() []string {
	var flags []string
	if a.Optional {
		flags = append(flags, "optional")
	}
	if a.Multiple {
		flags = append(flags, "multiple")
	}
	if a.MultipleToken {
		flags = append(flags, "multiple_token")
	}
	return flags
}

// composite reports whether the argument consists of others.
func (a Argument) composite() bool { return a.Type == OneOf || a.Type == Block }

// syntax returns the usual notation for arguments: "<key> [EX <seconds> | KEEPTTL] [<slot> ...]".
func syntax(arguments []Argument) string {
	parts := make([]string, len(arguments))
	for i, argument := range arguments {
		parts[i] = argument.syntax()
	}
	return strings.Join(parts, " ")
}

func (a Argument) syntax() string {
	var text string
	switch a.Type {
	case TokenArgument:
		text = a.Token
	case OneOf:
		alternatives := make([]string, len(a.Arguments))
		for i, alternative := range a.Arguments {
			alternatives[i] = alternative.syntax()
		}
		text = strings.Join(alternatives, " | ")
		if a.Token != "" || !a.Optional {
			text = "(" + text + ")"
		}
	case Block:
		text = syntax(a.Arguments)
	default:
		text = "<" + a.Name + ">"
	}
	if a.Token != "" && a.Type != TokenArgument {
		text = a.Token + " " + text
	}
	if a.Multiple {
		text += " [" + text + " ...]"
	}
	if a.Optional {
		text = "[" + text + "]"
	}
	return text
}
