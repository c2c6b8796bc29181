package linearizability

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawSimulation draws the mix of a history.
func drawSimulation(t *rapid.T, operations int) *simulation {
	return &simulation{
		clients:    rapid.IntRange(1, 6).Draw(t, "clients"),
		operations: rapid.IntRange(1, operations).Draw(t, "operations"),
		keys:       rapid.IntRange(1, 3).Draw(t, "keys"),
		lost:       rapid.IntRange(0, 40).Draw(t, "lost"),
		expiry:     rapid.Bool().Draw(t, "expiry"),
		multi:      rapid.Bool().Draw(t, "multi"),
		clockError: time.Duration(rapid.IntRange(0, 10).Draw(t, "clock error")) * time.Millisecond,
		choose:     chooseByRapid(t),

		transactions: rapid.Bool().Draw(t, "transactions"),
	}
}

// logged is a log of when operations took effect.
func logged(times map[uint64]time.Duration) Log {
	return func(id uint64) (time.Duration, bool) {
		at, ok := times[id]
		return at, ok
	}
}

// resolve is Resolve, but for that the history stays.
func resolve(history []Operation, applied map[uint64]time.Duration) []Operation {
	return Resolve(slices.Clone(history), logged(applied))
}

// What really happened is never called illegal, and once the unknown outcomes are resolved it is always found legal.
func TestRightHistoriesAreLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSimulation(t, 40)
		history, applied := s.run()
		options := Options{MaxClockError: s.clockError, StepBudget: 20_000}
		if report := Check(resolve(history, applied), options); report.Verdict != Legal {
			t.Fatalf("resolved: %v", &report)
		}
		if verdict := sweepVerdict(t, resolve(history, applied), options); verdict != Legal {
			t.Fatalf("the sweep calls it %v", verdict)
		}
		if report := Check(history, options); report.Verdict == Illegal || report.Err != nil {
			t.Fatalf("as it was: %v", &report)
		}
		if missing := Unlogged(history, logged(applied)); len(missing) > 0 {
			t.Fatalf("unlogged: %v", List(missing))
		}
	})
}

// sweepVerdict is what the sweep alone says of a history.
func sweepVerdict(t *rapid.T, history []Operation, options Options) Verdict {
	partitions, err := split(history, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		if verdict, _ := p.explain(options, &budget{left: DefaultStepBudget}); verdict != Legal {
			return verdict
		}
	}
	return Legal
}

// A reply that cannot be right makes a right history illegal, and the window shows it.
func TestWrongReplyIsFound(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawSimulation(t, 40)
		history, applied := s.run()
		var answered []int
		for i, o := range history {
			if o.Outcome == OK {
				answered = append(answered, i)
			}
		}
		if len(answered) == 0 {
			return
		}
		spoilt := rapid.SampledFrom(answered).Draw(t, "spoilt")
		history[spoilt].Reply = bulkReply("never written")
		report := Check(resolve(history, applied), Options{MaxClockError: s.clockError})
		if report.Verdict != Illegal {
			t.Fatalf("%v\nwith the reply of #%d spoilt", &report, history[spoilt].ID)
		}
		_, window, ok := report.Window()
		if !ok || !slices.ContainsFunc(window, func(o Operation) bool { return o.ID == history[spoilt].ID }) {
			t.Fatalf("%v\nlacks the spoilt #%d", &report, history[spoilt].ID)
		}
		found++
	})
	if found == 0 {
		t.Error("no history was spoilt")
	}
}

// An acknowledged write that the data lose is found if it is read before it is overwritten, unless another write was under
// way with it, which may as well have been the later one.
func TestLostWritesAreMostlyFound(t *testing.T) {
	found, lost := 0, 0
	for seed := range uint64(200) {
		s := &simulation{clients: 4, operations: 80, keys: 4, lost: 10, forget: true, choose: chooseBySeed(seed)}
		history, applied := s.run()
		if !s.forgot {
			continue
		}
		lost++
		if report := Check(resolve(history, applied), Options{}); report.Verdict == Illegal {
			found++
		}
	}
	if lost < 150 || found*10 < lost*9 {
		t.Errorf("%d of %d lost writes were found", found, lost)
	}
}

// bruteForce tries every order of a few operations on a naive store.
func bruteForce(rest []Operation, done []Operation) bool {
	if !slices.ContainsFunc(rest, func(o Operation) bool { return o.Outcome == OK || o.Outcome == Applied }) {
		if replay(done) {
			return true
		}
	}
	for i, o := range rest {
		tooEarly := slices.ContainsFunc(rest, func(other Operation) bool {
			return other.Outcome != Unknown && other.Outcome != Failed && other.Return < o.Call
		})
		if o.Outcome == Failed || tooEarly {
			continue
		}
		if bruteForce(slices.Delete(slices.Clone(rest), i, i+1), append(slices.Clone(done), o)) {
			return true
		}
	}
	return false
}

// attempt executes an operation, and lets a transaction of which it is known do nothing.
func (s naiveStore) attempt(o Operation) (Reply, bool) {
	if o.Args[0] == "WATCH" && o.Outcome == OK && o.Reply.Items[1].Kind == Nil {
		return s.transaction(o.Args, 0, true)
	}
	return s.execute(o.Args, 0)
}

// replay reports whether an order explains the replies.
func replay(order []Operation) bool {
	store := naiveStore{}
	for _, o := range order {
		reply, _ := store.attempt(o)
		if o.Outcome == OK && !reply.Equal(o.Reply) {
			return false
		}
	}
	return true
}

// On small histories with any replies, the verdict is that of trying all orders.
func TestAgreesWithBruteForce(t *testing.T) {
	verdicts := map[Verdict]int{}
	rapid.Check(t, func(t *rapid.T) {
		var history []Operation
		for i := range rapid.IntRange(1, 6).Draw(t, "operations") {
			o := Operation{ID: uint64(i), Client: i}
			o.Args = rapid.SampledFrom([][]string{{"SET", "a", "x"}, {"SET", "a", "y"}, {"SET", "a", "z", "NX"}, {"GET", "a"},
				{"APPEND", "a", "x"}, {"DEL", "a"}, {"MSET", "a", "x", "b", "x"}, {"MGET", "a", "b"}, {"GET", "b"},
				{"RENAME", "a", "b"}, strings.Fields("MULTI ; SET a x ; APPEND b y ; EXEC"), strings.Fields("MULTI ; SET a z ; DISCARD"),
				strings.Fields("MULTI ; SET a z ; GET a b ; EXEC"), strings.Fields("WATCH a ; GET a ; MULTI ; SET a y ; SET b y ; EXEC")}).Draw(t, "command")
			o.Call = time.Duration(rapid.IntRange(0, 9).Draw(t, "call"))
			o.Return = o.Call + time.Duration(rapid.IntRange(0, 5).Draw(t, "takes"))
			o.Outcome = rapid.SampledFrom([]Outcome{OK, OK, OK, Unknown, Applied, Failed}).Draw(t, "outcome")
			o.Reply = drawReply(t, o.Args)
			history = append(history, o)
		}
		want := Illegal
		if bruteForce(history, nil) {
			want = Legal
		}
		report := Check(history, Options{})
		if report.Verdict != want {
			t.Fatalf("%v\nwant %v for\n%s", &report, want, List(history))
		}
		if verdict := sweepVerdict(t, history, Options{}); verdict != want {
			t.Fatalf("the sweep says %v, want %v for\n%s", verdict, want, List(history))
		}
		witness := drawWitness(t, history)
		if report := Check(history, Options{Witness: logged(witness)}); report.Verdict != want {
			t.Fatalf("%v\nwant %v, whatever a witness says: %v, for\n%s", &report, want, witness, List(history))
		}
		if _, _, ok := report.Window(); ok != (want == Illegal) {
			t.Fatalf("%v\nhas a window: %t", &report, ok)
		}
		verdicts[want]++
	})
	if verdicts[Legal] < 5 || verdicts[Illegal] < 5 {
		t.Errorf("verdicts %v are one-sided", verdicts)
	}
}

// drawWitness draws instants at which operations are said to have taken effect, which need not be possible.
func drawWitness(t *rapid.T, history []Operation) map[uint64]time.Duration {
	said := map[uint64]time.Duration{}
	for _, o := range history {
		if rapid.Bool().Draw(t, "said") {
			said[o.ID] = o.Call + time.Duration(rapid.IntRange(-1, 6).Draw(t, "after"))
		}
	}
	return said
}

// drawReply draws a reply that the command could have.
func drawReply(t *rapid.T, args []string) Reply {
	value := func() Reply {
		return rapid.SampledFrom([]Reply{{Kind: Nil}, bulkReply("x"), bulkReply("y"), bulkReply("z"), bulkReply("xx")}).Draw(t, "value")
	}
	body := func(items ...Reply) Reply { return Reply{Kind: Array, Items: items} }
	switch args[0] {
	case "WATCH":
		end := rapid.SampledFrom([]Reply{body(okReply, okReply), {Kind: Nil}}).Draw(t, "end")
		return Reply{Kind: Array, Items: []Reply{value(), end}}
	case "MULTI":
		switch {
		case slices.Contains(args, "DISCARD"):
			return okReply
		case slices.Contains(args, "APPEND"):
			return body(okReply, integerReply(int64(rapid.IntRange(1, 2).Draw(t, "number"))))
		}
		return rapid.SampledFrom([]Reply{errorReply(errExecAbort), errorReply(errExecAbort), body(okReply, value())}).Draw(t, "end")
	case "RENAME":
		return rapid.SampledFrom([]Reply{okReply, errorReply(errNoSuchKey)}).Draw(t, "reply")
	case "GET":
		return value()
	case "MGET":
		return Reply{Kind: Array, Items: []Reply{value(), value()}}
	case "SET":
		return rapid.SampledFrom([]Reply{okReply, okReply, {Kind: Nil}}).Draw(t, "reply")
	case "MSET":
		return okReply
	}
	return integerReply(int64(rapid.IntRange(0, 2).Draw(t, "number")))
}

// The report does not depend on the order in which the operations are given, nor on the run.
func TestReportIsDeterministic(t *testing.T) {
	for seed := range uint64(20) {
		s := &simulation{clients: 5, operations: 120, keys: 3, lost: 20, multi: seed%2 == 0, choose: chooseBySeed(seed)}
		s.transactions = seed%4 == 1
		history, applied := s.run()
		history = resolve(history, applied)
		if seed%3 > 0 {
			spoilt := len(history) / 2
			history[spoilt].Outcome, history[spoilt].Reply = OK, bulkReply("never written")
		}
		first := Check(history, Options{})
		shuffled := slices.Clone(history)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		second := Check(shuffled, Options{})
		if first.String() != second.String() || first.Steps != second.Steps {
			t.Errorf("seed %d: %v in %d steps, shuffled %v in %d steps", seed, &first, first.Steps, &second, second.Steps)
		}
	}
}

// With three replies in ten lost, what the log tells keeps the search near one step for each operation, on right histories
// and on wrong ones.
func TestResolvedHistoriesAreCheap(t *testing.T) {
	for seed := range uint64(5) {
		s := &simulation{clients: 8, operations: 1500, keys: 6, lost: 30, choose: chooseBySeed(seed)}
		history, applied := s.run()
		resolved := resolve(history, applied)
		report := Check(resolved, Options{})
		if report.Verdict != Legal || report.Steps > 5*len(resolved) {
			t.Errorf("seed %d: %d operations, %v", seed, len(resolved), &report)
		}
		spoilt := slices.IndexFunc(resolved, func(o Operation) bool {
			return o.Outcome == OK && o.Args[0] == "GET" && o.Reply.Kind == Bulk && o.Call > time.Second
		})
		resolved[spoilt].Reply = bulkReply("never written")
		if report := Check(resolved, Options{}); report.Verdict != Illegal || report.Steps > 10*len(resolved) {
			t.Errorf("seed %d, with a wrong read: %v in %d steps", seed, report.Verdict, report.Steps)
		}
	}
}

// A search that has no end in sight ends with its budget, and is no proof of anything.
func TestBudgetBoundsTheSearch(t *testing.T) {
	s := &simulation{clients: 8, operations: 400, keys: 1, lost: 60, choose: chooseBySeed(1)}
	history, _ := s.run()
	history = append(history, Operation{ID: 1 << 32, Args: []string{"GET", "{t}0"}, Call: time.Hour, Return: time.Hour, Reply: bulkReply("never written")})
	report := Check(history, Options{StepBudget: 5000})
	if report.Verdict != Undecided || report.Steps != 10_000 || report.Err != nil {
		t.Errorf("%v after %d steps, %v", report.Verdict, report.Steps, report.Err)
	}
	if err := report.WriteHTML(&bytes.Buffer{}); err == nil {
		t.Error("an undecided partition was drawn")
	}
}

// Many keys that one command has joined multiply what porcupine has to try before it gives up. The sweep leaves calls alone
// that have no key in common, and its window is about the one key that is wrong.
func TestSweepDecidesWhatPorcupineCannot(t *testing.T) {
	var lines []string
	for key := range 5 {
		for client := range 3 {
			lines = append(lines, fmt.Sprintf("%d 0-9 SET {t}%d %d → OK", 3*key+client, key, client))
		}
	}
	lines = append(lines, `0 10-11 GET {t}4 → "3"`, `1 12-13 DEL {t}0 {t}1 {t}2 {t}3 {t}4 → 5`)
	history := parseHistory(t, strings.Join(lines, "\n"))
	options := Options{StepBudget: 20_000}
	partitions, err := split(history, nil)
	if err != nil || len(partitions) != 1 {
		t.Fatalf("%d partitions, %v", len(partitions), err)
	}
	if verdict := partitions[0].check(options, &budget{left: options.StepBudget}, &follower{}); verdict != Undecided {
		t.Errorf("porcupine alone says %v", verdict)
	}
	report := Check(history, options)
	before, window, ok := report.Window()
	if report.Verdict != Illegal || !ok || len(window) != 1 || window[0].ID != 16 {
		t.Errorf("%v", &report)
	}
	for _, want := range []string{`{t}4="0"`, `{t}4="1"`, `{t}4="2"`} {
		if !strings.Contains(before, want) {
			t.Errorf("before the window there was %s, want %s among it", before, want)
		}
	}
}

// A partition that a witness can explain needs no search, even if another one is illegal: of that one, the report tells what
// the history says and not what the witness does.
func TestAWitnessSparesTheSearch(t *testing.T) {
	var lines []string
	said := map[uint64]time.Duration{}
	for client := range 7 {
		lines = append(lines, fmt.Sprintf("%d 0-90 APPEND a %d → applied", client, client))
		said[uint64(client+1)] = time.Duration(90-client) * time.Second
	}
	lines = append(lines, `0 91-92 GET a → "6543210"`, `0 93-95 GET b → "x"`)
	said[9] = 94 * time.Second
	history := parseHistory(t, strings.Join(lines, "\n"))
	if report := Check(history, Options{}); report.Verdict != Illegal || report.Steps < 1000 {
		t.Fatalf("without a witness: %v after %d steps", &report, report.Steps)
	}
	report := Check(history, Options{Witness: logged(said)})
	if report.Verdict != Illegal || !slices.Equal(report.Keys, []string{"b"}) || report.Steps > 20 {
		t.Errorf("%v after %d steps", &report, report.Steps)
	}
	if _, window, ok := report.Window(); !ok || len(window) != 1 || window[0].Call != 93*time.Second || window[0].Return != 95*time.Second {
		t.Errorf("the window is %v", window)
	}
}

// A witness that names an instant at which an operation cannot have taken effect is not believed.
func TestAWitnessOfTheImpossibleIsNotBelieved(t *testing.T) {
	history := parseHistory(t, `
		0 0-1 SET a 1 → OK
		1 2-3 GET a → "2"
		0 4-5 SET a 2 → OK
		1 6-7 GET a → "1"`)
	early, late := map[uint64]time.Duration{4: 2 * time.Second}, map[uint64]time.Duration{2: 6 * time.Second, 4: 2 * time.Second}
	for _, said := range []map[uint64]time.Duration{nil, early, late} {
		if report := Check(history, Options{Witness: logged(said)}); report.Verdict != Illegal {
			t.Errorf("with the witness %v: %v", said, &report)
		}
	}
}

// One partition that is wrong is enough: it is found before much is spent on another one, which comes first and is hard.
func TestWhatIsEasilySeenIsSeenFirst(t *testing.T) {
	s := &simulation{clients: 8, operations: 400, keys: 1, lost: 60, choose: chooseBySeed(1)}
	history, _ := s.run()
	never := Operation{Args: []string{"GET", "{t}0"}, Call: time.Hour, Return: time.Hour, Reply: bulkReply("never written")}
	never.ID = 1 << 32
	history = append(history, never)
	never.ID, never.Args, never.Call = 1<<33, []string{"GET", "{t}other"}, time.Minute
	history = append(history, never)
	report := Check(history, Options{})
	if report.Verdict != Illegal || !slices.Equal(report.Keys, []string{"{t}other"}) || report.Steps < DefaultStepBudget/64 || report.Steps > DefaultStepBudget/16 {
		t.Errorf("%v after %d steps", &report, report.Steps)
	}
}

// An illegal partition tells more than one that was not decided before it.
func TestIllegalOutweighsUndecided(t *testing.T) {
	history := parseHistory(t, `
0 0-9 INCR a → 1
1 0-9 INCR a → 2
2 0-9 INCR a → 3
0 20-21 GET b → "x"`)
	if report := Check(history, Options{StepBudget: 2}); report.Verdict != Illegal || !slices.Equal(report.Keys, []string{"b"}) {
		t.Errorf("%v", &report)
	}
}

func TestHTML(t *testing.T) {
	report := Check(parseHistory(t, `
0 0-1 SET k old → OK
0 2-9 SET k new → OK
1 3-4 GET k → "new"
2 5-6 GET k → "old"`), Options{})
	var page bytes.Buffer
	if err := report.WriteHTML(&page, Note{Tag: "faults", At: 2 * time.Second, Until: 3 * time.Second, Text: "n2 crashes"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<html", `SET k new → OK`, "n2 crashes", `k=\"new\"`} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	good := Operation{ID: 1, Args: []string{"GET", "k"}, Call: 1, Return: 2}
	for name, spoil := range map[string]func(*Operation){
		"id 1":        func(o *Operation) { o.ID = 1 },
		"the return":  func(o *Operation) { o.Return = 0 },
		"the call":    func(o *Operation) { o.Call = -1 },
		"client -1":   func(o *Operation) { o.Client = -1 },
		"outcome 4":   func(o *Operation) { o.Outcome = Applied + 1 },
		"no model":    func(o *Operation) { o.Args = []string{"LPUSH", "k", "v"} },
		"arguments":   func(o *Operation) { o.Args = nil },
		"number of a": func(o *Operation) { o.Args = []string{"MSET", "k"} },
	} {
		bad := good
		bad.ID = 2
		spoil(&bad)
		report := Check([]Operation{good, bad}, Options{})
		if report.Err == nil || report.Verdict != Undecided || !strings.Contains(report.String(), name) {
			t.Errorf("%s: %v", name, &report)
		}
	}
}

// An effect before its cause means that the log and the history do not belong together.
func TestResolvePanicsOnEffectBeforeCall(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Resolve([]Operation{{ID: 1, Call: 10, Outcome: Unknown}}, logged(map[uint64]time.Duration{1: 5}))
}

func BenchmarkCheckResolved(b *testing.B) {
	s := &simulation{clients: 8, operations: 2000, keys: 8, lost: 30, choose: chooseBySeed(1)}
	history, applied := s.run()
	resolved := resolve(history, applied)
	for b.Loop() {
		if report := Check(resolved, Options{}); report.Verdict != Legal {
			b.Fatal(&report)
		}
	}
}
