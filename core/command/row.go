package command

import "strings"

// Row is one command or subcommand. The rows are made once and never change.
type Row struct {
	// Name is in lower case. A subcommand's is qualified by its container's: "cluster|keyslot".
	Name string
	// Arity is the number of arguments, the name (and the subcommand's) included. Negative: at least so many.
	Arity int
	Flags Flags
	// Categories are the ACL categories beyond those that follow from the flags. See AllCategories.
	Categories Categories
	// Keys says which arguments are keys. The zero value: none.
	Keys KeySpec
	// KeyParts describe the keys one part after the other, for COMMAND INFO, if the command does not do the same with all
	// of them. Empty: Keys describes them.
	KeyParts []KeySpec
	// VariableKeyFlags, if it is set, returns the flags of the keys of one particular command, which Keys cannot tell.
	VariableKeyFlags func(args [][]byte) string
	// Tips advise clients that spread a command over nodes (request_policy:multi_shard and the like).
	Tips []string
	// Group, Since, Summary, Complexity and Arguments are documentation: see COMMAND DOCS.
	Group, Since, Summary, Complexity string
	Arguments                         []Argument
	// DeprecatedSince and ReplacedBy are set for commands that should no longer be used.
	DeprecatedSince, ReplacedBy string
	// NoTouch commands are no use of the keys that they read.
	NoTouch bool
	// Internal is set for commands that servers send to each other.
	Internal bool
	// Immediate commands are executed behind MULTI too, where others are queued.
	Immediate bool
	// Subscriber commands may be used on a RESP2 connection that listens to channels.
	Subscriber bool
	// PushReply is set if the command is answered by pushes, which CLIENT REPLY does not mute.
	PushReply bool
	// Proposes is set for commands that do nothing but propose a change of the configuration: they may follow another such
	// command of the same client before that is decided.
	Proposes bool
	// MayReplicate is set for commands without Write that have to wait in a pause of writes.
	MayReplicate bool
	// IsSecret, if it is set, reports whether an argument must not be shown to others.
	IsSecret func(args [][]byte, index int) bool
	// Subcommands are sorted by name. A command that has some is a container: with more than one argument it is the
	// subcommand that runs.
	Subcommands []*Row
	// Run executes the command and writes its reply, or an error. It is nil in a container that needs a subcommand.
	Run func(*Context)

	// number is the row's place among all rows and subcommands, for Statistics.
	number int
	// constant says that Complexity is O(1).
	constant bool
}

// Constant reports whether the command takes constant time, but for the copying of arguments and values.
func (r *Row) Constant() bool { return r.constant }

// OnlyKeys reports whether the command touches nothing but keys and the client that sends it.
func (r *Row) OnlyKeys() bool { return r.Keys.Step > 0 && r.Flags&(ReadOnly|Write) != 0 }

// KeySpec says which arguments of a command are keys: every Step-th one from First to Last.
type KeySpec struct {
	First int
	// Last counts from the end if it is negative: -1 is the last argument.
	Last int
	// Step is 0 if the command has no keys.
	Step int
	// Flags tell what is done with the keys, in the words of COMMAND GETKEYSANDFLAGS, separated by blanks.
	Flags string
	Notes string
	// Optional is set if the command may come without any.
	Optional bool
}

// KeyRange is where the keys of one particular command are.
type KeyRange struct{ First, Count, Step int }

// oneKey is the specification of a command whose first argument is its only key.
func oneKey(flags string) KeySpec { return KeySpec{First: 1, Last: 1, Step: 1, Flags: flags} }

// subcommandKey is that of a subcommand whose first argument is its only key.
func subcommandKey(flags string) KeySpec { return KeySpec{First: 2, Last: 2, Step: 1, Flags: flags} }

// everyKey is that of a command in which every step-th argument is a key.
func everyKey(step int, flags string) KeySpec {
	return KeySpec{First: 1, Last: -1, Step: step, Flags: flags}
}

// ArityFits reports whether a command may have so many arguments.
func (r *Row) ArityFits(arguments int) bool {
	if r.Arity < 0 {
		return arguments >= -r.Arity
	}
	return arguments == r.Arity
}

// KeyPositions returns where the keys are among the arguments; none if the range's Count is 0. It reports false if keys
// should be there and are not, which cannot be if the arity fits.
func (r *Row) KeyPositions(args [][]byte) (KeyRange, bool) { return r.KeysAmong(len(args)) }

// KeysAmong is KeyPositions of so many arguments, the name included: what they are does not matter.
func (r *Row) KeysAmong(arguments int) (KeyRange, bool) {
	if r.Keys.Step == 0 {
		return KeyRange{}, true
	}
	last := r.Keys.Last
	if last < 0 {
		last += arguments
	}
	if last < r.Keys.First || last >= arguments {
		return KeyRange{}, r.Keys.Optional
	}
	return KeyRange{First: r.Keys.First, Count: (last-r.Keys.First)/r.Keys.Step + 1, Step: r.Keys.Step}, true
}

// subcommand returns the subcommand of that name, or nil. Letter case does not count.
func (r *Row) subcommand(name []byte) *Row {
	for _, candidate := range r.Subcommands {
		if isWord(name, candidate.lastName()) {
			return candidate
		}
	}
	return nil
}

// lastName returns the name without the container's.
func (r *Row) lastName() string {
	return r.Name[strings.IndexByte(r.Name, '|')+1:]
}

// isWord reports whether text is the word, which is given in lower case, in any mix of letter cases. Only ASCII letters
// have two.
func isWord(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i, c := range text {
		if lower(c) != word[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
