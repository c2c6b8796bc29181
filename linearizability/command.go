package linearizability

import (
	"fmt"
	"strings"
)

// command is the meaning of an operation's arguments.
type command struct {
	keys []string
	// reads says that the command changes nothing.
	reads bool
	// run emits what the command makes of a world in which it is settled which of its keys exist. The keys are at
	// step.call.places, in the order of keys.
	run func(x *step, w world)
	// changed reports whether a reply that is no error proves that the command changed something. Commands that read
	// need none.
	changed func(Reply) bool
}

// Proofs of a change, by the kind of reply.
func anyReply(Reply) bool        { return true }
func noReply(Reply) bool         { return false }
func positiveReply(r Reply) bool { return r.Int > 0 }
func someReply(r Reply) bool     { return r.Kind != Nil }

// definition is the row of a command.
type definition struct {
	// arity is the number of arguments with the name; negative: at least that many.
	arity int
	// parse gets the arguments without the name.
	parse func(args []string) command
}

// definitions is a map from upper-case names.
var definitions = map[string]definition{
	"GET":     {2, reading(get)},
	"STRLEN":  {2, reading(strlen)},
	"TYPE":    {2, reading(typeOf)},
	"TTL":     {2, reading(ttl)},
	"PTTL":    {2, reading(pttl)},
	"MGET":    {-2, parseMGet},
	"EXISTS":  {-2, parseExists},
	"SET":     {-3, parseSet},
	"MSET":    {-3, parseMSet},
	"GETDEL":  {2, writing(getDel, someReply)},
	"DEL":     {-2, parseDel},
	"APPEND":  {3, parseAppend},
	"INCR":    {2, parseIncrement(1)},
	"DECR":    {2, parseIncrement(-1)},
	"INCRBY":  {3, parseIncrementBy(1)},
	"DECRBY":  {3, parseIncrementBy(-1)},
	"EXPIRE":  {-3, parseExpire(1000)},
	"PEXPIRE": {-3, parseExpire(1)},
	"PERSIST": {2, writing(persist, positiveReply)},

	"SETNX":    {3, parseSetNX},
	"GETSET":   {3, parseGetSet},
	"MSETNX":   {-3, parseMSetNX},
	"RENAME":   {3, parseRename(true)},
	"RENAMENX": {3, parseRename(false)},
	"COPY":     {-3, parseCopy},
	"GETRANGE": {4, parseGetRange},
	"SETRANGE": {4, parseSetRange},
	"GETBIT":   {3, parseGetBit},
	"SETBIT":   {4, parseSetBit},
	"BITCOUNT": {2, reading(bitCount)},
}

// arityError is that of a command that Redis refuses for its number of arguments.
type arityError struct{ args []string }

func (e arityError) Error() string {
	return fmt.Sprintf("linearizability: wrong number of arguments for %q", e.args)
}

// meaning returns what an operation's arguments mean: those of a command or of a transaction.
func meaning(args []string) (command, error) {
	if IsTransaction(args) {
		return parseTransaction(args)
	}
	return parse(args)
}

// parse returns the meaning of a command. The error is for commands that the model does not have.
func parse(args []string) (command, error) {
	if len(args) == 0 {
		return command{}, fmt.Errorf("linearizability: an operation without arguments")
	}
	name := args[0]
	d, ok := definitions[name]
	if !ok {
		name = strings.ToUpper(name)
		d, ok = definitions[name]
	}
	if !ok {
		return command{}, fmt.Errorf("linearizability: no model of %q", args[0])
	}
	if d.arity >= 0 && len(args) != d.arity || len(args) < -d.arity {
		return command{}, arityError{args}
	}
	if (name == "MSET" || name == "MSETNX") && len(args)%2 == 0 {
		return command{}, fmt.Errorf("linearizability: a key without a value in %q", args)
	}
	return d.parse(args[1:]), nil
}

// reading returns the parser of a command that looks at one key.
func reading(run func(x *step, w world, place int)) func([]string) command {
	onFirst := onFirstKey(run)
	return func(args []string) command { return command{keys: args[:1], reads: true, run: onFirst} }
}

// writing returns the parser of a command that changes one key and takes no further arguments.
func writing(run func(x *step, w world, place int), changed func(Reply) bool) func([]string) command {
	onFirst := onFirstKey(run)
	return func(args []string) command { return command{keys: args[:1], changed: changed, run: onFirst} }
}

func onFirstKey(run func(x *step, w world, place int)) func(x *step, w world) {
	return func(x *step, w world) { run(x, w, x.call.places[0]) }
}

// refused returns a command that gives an error whatever its keys hold.
func refused(keys []string, text string) command {
	return command{keys: keys, reads: true, run: func(x *step, w world) { x.emit(errorReply(text), w) }}
}
