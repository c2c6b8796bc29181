package linearizability

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"
)

// naiveStore is a key-value server as simple as can be, to make histories that are right by construction.
type naiveStore map[string]naiveValue

type naiveValue struct {
	text     string
	deadline int64 // on the server's clock, in milliseconds; 0 if there is none
}

// execute runs a command at a time of the server's clock, and reports whether it changed anything.
func (s naiveStore) execute(args []string, clock int64) (reply Reply, changed bool) {
	if slices.Contains(args, Separator) {
		return s.transaction(args, clock, false)
	}
	for _, arg := range args[1:] {
		if v, ok := s[arg]; ok && v.deadline != 0 && v.deadline <= clock {
			delete(s, arg)
		}
	}
	key := args[1]
	v, exists := s[key]
	switch args[0] {
	case "GET":
		return naiveBulk(v, exists), false
	case "MGET":
		reply.Kind = Array
		for _, key := range args[1:] {
			v, exists := s[key]
			reply.Items = append(reply.Items, naiveBulk(v, exists))
		}
		return reply, false
	case "PTTL":
		switch {
		case !exists:
			return integerReply(-2), false
		case v.deadline == 0:
			return integerReply(-1), false
		}
		return integerReply(v.deadline - clock), false
	case "SET":
		if slices.Contains(args, "NX") && exists {
			return Reply{Kind: Nil}, false
		}
		next := naiveValue{text: args[2]}
		if i := slices.Index(args, "PX"); i > 0 {
			next.deadline = clock + naiveNumber(args[i+1])
		}
		s[key] = next
		return okReply, true
	case "MSET":
		for i := 1; i < len(args); i += 2 {
			s[args[i]] = naiveValue{text: args[i+1]}
		}
		return okReply, true
	case "RENAME":
		if !exists {
			return errorReply("ERR no such key"), false
		}
		delete(s, key)
		s[args[2]] = v
		return okReply, key != args[2]
	case "SETBIT": // of the first seven bits
		bits := []byte(v.text + "\x00")
		at := naiveNumber(args[2])
		old := bits[0] >> (7 - at) & 1
		bits[0] = bits[0] - old<<(7-at) + byte(naiveNumber(args[3]))<<(7-at)
		v.text = string(bits[:max(len(v.text), 1)])
		s[key] = v
		return integerReply(int64(old)), true
	case "DEL":
		delete(s, key)
		if exists {
			return integerReply(1), true
		}
		return integerReply(0), false
	case "APPEND":
		v.text += args[2]
		s[key] = v
		return integerReply(int64(len(v.text))), true
	case "PEXPIRE":
		if !exists {
			return integerReply(0), false
		}
		v.deadline = clock + naiveNumber(args[2])
		s[key] = v
		return integerReply(1), true
	}
	panic("naive store: no command " + args[0])
}

// transaction runs a transaction. One that watches keys can be told to refuse to run the commands.
func (s naiveStore) transaction(args []string, clock int64, refuse bool) (reply Reply, changed bool) {
	commands := [][]string{nil}
	for _, arg := range args {
		if last := len(commands) - 1; arg == Separator {
			commands = append(commands, nil)
		} else {
			commands[last] = append(commands[last], arg)
		}
	}
	if commands[0][0] == "WATCH" {
		read, _ := s.execute(commands[1], clock)
		before := maps.Clone(s)
		end, changed := s.queue(commands[3:], clock)
		if refuse && end.Kind == Array {
			clear(s)
			maps.Copy(s, before)
			end, changed = Reply{Kind: Nil}, false
		}
		return Reply{Kind: Array, Items: []Reply{read, end}}, changed
	}
	return s.queue(commands[1:], clock)
}

func (s naiveStore) queue(commands [][]string, clock int64) (reply Reply, changed bool) {
	end := len(commands) - 1
	if commands[end][0] == "DISCARD" {
		return okReply, false
	}
	if slices.ContainsFunc(commands, func(args []string) bool { return args[0] == "GET" && len(args) != 2 }) {
		return errorReply("EXECABORT Transaction discarded because of previous errors."), false
	}
	reply.Kind = Array
	for _, args := range commands[:end] {
		item, did := s.execute(args, clock)
		reply.Items, changed = append(reply.Items, item), changed || did
	}
	return reply, changed
}

func naiveBulk(v naiveValue, exists bool) Reply {
	if !exists {
		return Reply{Kind: Nil}
	}
	return bulkReply(v.text)
}

func naiveNumber(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// chooser draws numbers from 0 to n-1: rapid's, so that it can shrink a failing history, or a generator's.
type chooser func(n int) int

func chooseByRapid(t *rapid.T) chooser {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
}

func chooseBySeed(seed uint64) chooser { return rand.New(rand.NewPCG(seed, 0)).IntN }

// simulation makes a history: clients send commands one after the other to one naive store, whose clock is wrong by up to
// clockError either way at any moment.
type simulation struct {
	clients, operations, keys int
	// lost is the percentage of replies that do not come; half of those commands are never executed, and some are
	// executed long after the client has gone on.
	lost int
	// expiry and multi let commands with deadlines and with several keys take part.
	expiry, multi bool
	// transactions lets transactions take part.
	transactions bool
	clockError   time.Duration
	choose       chooser
	// forget makes the store lose the first acknowledged write whose key is next read, by a client that called after the
	// acknowledgement: as a failover does to a replica that lacked the write.
	forget bool
	forgot bool // such a write was lost
}

// simulated is an operation with the instant of its execution; negative if there is none.
type simulated struct {
	Operation
	executed time.Duration
}

// run returns the history in the order of execution, and when each operation that changed something was executed.
func (s *simulation) run() ([]Operation, map[uint64]time.Duration) {
	var all []simulated
	clocks := make([]time.Duration, s.clients)
	for i := range s.operations {
		client := s.choose(s.clients)
		o := simulated{Operation: Operation{ID: uint64(i), Client: client, Args: s.command(i)}}
		o.Call = clocks[client] + s.delay()
		o.executed = o.Call + s.delay()
		o.Return = o.executed + s.delay()
		clocks[client] = o.Return
		switch fate := s.choose(100); {
		case fate < s.lost/2:
			o.Outcome, o.executed = Unknown, -1
		case fate < s.lost:
			o.Outcome = Unknown
			o.executed += time.Duration(s.choose(3)) * 10 * s.delay()
		case fate < s.lost+3:
			o.Outcome, o.executed = Failed, -1
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b simulated) int { return cmp.Compare(a.executed, b.executed) })
	return s.execute(all)
}

func (s *simulation) execute(all []simulated) ([]Operation, map[uint64]time.Duration) {
	store := naiveStore{}
	applied := map[uint64]time.Duration{}
	var history []Operation
	for i, o := range all {
		if o.executed >= 0 {
			clock := o.executed + time.Duration(s.choose(3)-1)*s.clockError
			before := maps.Clone(store)
			reply, changed := s.perform(store, o.Args, clock.Milliseconds())
			if s.forget && !s.forgot && changed && o.Outcome == OK && readNext(all[i+1:], o) {
				store, s.forgot = before, true
			}
			if changed {
				applied[o.ID] = o.executed
			}
			if o.Outcome == OK {
				o.Reply = reply
			}
		}
		history = append(history, o.Operation)
	}
	return history, applied
}

// perform lets the store refuse some transactions that watch keys.
func (s *simulation) perform(store naiveStore, args []string, clock int64) (Reply, bool) {
	if args[0] == "WATCH" && s.choose(3) == 0 {
		return store.transaction(args, clock, true)
	}
	return store.execute(args, clock)
}

// readNext reports whether the next execution on a write's key is a read that was called after the write's return.
func readNext(later []simulated, write simulated) bool {
	for _, o := range later {
		if o.executed >= 0 && slices.Contains(o.Args, write.Args[1]) {
			return o.Args[0] == "GET" && o.Outcome == OK && o.Call > write.Return
		}
	}
	return false
}

func (s *simulation) delay() time.Duration { return time.Duration(1+s.choose(20)) * time.Millisecond }

// command draws a command. The number of the operation makes values unique, so that a wrong read is told from a right one.
func (s *simulation) command(number int) []string {
	key := "{t}" + strconv.Itoa(s.choose(s.keys))
	other := "{t}" + strconv.Itoa(s.choose(s.keys))
	value := "v" + strconv.Itoa(number) + ";"
	life := strconv.Itoa(5 + 5*s.choose(20))
	if s.transactions && s.choose(3) == 0 {
		return s.transaction(key, other, value)
	}
	kinds := 6
	if s.multi {
		kinds = 8
	}
	if s.expiry {
		kinds = 11
	}
	switch s.choose(kinds) {
	case 0:
		return []string{"SET", key, value}
	case 1:
		return []string{"SET", key, value, "NX"}
	case 2:
		return []string{"APPEND", key, value}
	case 3:
		return []string{"DEL", key}
	case 6:
		if s.multi {
			return []string{"MSET", key, value, other, value}
		}
	case 7:
		if s.multi {
			return []string{"MGET", key, other}
		}
	case 8:
		return []string{"SET", key, value, "PX", life}
	case 9:
		return []string{"PEXPIRE", key, life}
	case 10:
		return []string{"PTTL", key}
	}
	return []string{"GET", key}
}

func (s *simulation) transaction(key, other, value string) []string {
	body := [][]string{
		{"SET", key, value}, {"APPEND", other, value}, {"GET", other}, {"DEL", key}, {"RENAME", key, other}, {"MGET", key, other},
		{"SETBIT", key, strconv.Itoa(s.choose(7)), strconv.Itoa(s.choose(2))}, {"SET", other, value, "NX"},
	}
	var args []string
	if s.choose(2) == 0 {
		args = []string{"WATCH", key, Separator, "GET", key, Separator}
	}
	args = append(args, "MULTI")
	for range 1 + s.choose(3) {
		args = append(append(args, Separator), body[s.choose(len(body))]...)
	}
	switch s.choose(8) {
	case 0:
		return append(args, Separator, "DISCARD")
	case 1:
		args = append(args, Separator, "GET", key, other)
	}
	return append(args, Separator, "EXEC")
}
