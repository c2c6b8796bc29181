package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
)

// scriptOf answers each command in order, and fails on any other. A reply HANGUP closes the connection.
func scriptOf(t *testing.T, lines ...string) func(args []string) (string, bool) {
	return func(args []string) (string, bool) {
		if args[0] == "CLUSTER" {
			return "-ERR not now\r\n", false
		}
		if len(lines) == 0 {
			t.Errorf("one more command: %q", args)
			return "-ERR\r\n", false
		}
		command, reply, _ := strings.Cut(lines[0], " -> ")
		if got := strings.Join(args, " "); got != command {
			t.Errorf("got the command %q, want %q", got, command)
		}
		lines = lines[1:]
		return strings.ReplaceAll(strings.TrimSuffix(reply, "HANGUP"), "~", "\r\n"), reply == "HANGUP"
	}
}

func transactionWorld(t *testing.T, operation string, answers ...func([]string) (string, bool)) *History {
	c, _ := clientWorld(t, [][]string{strings.Fields(operation)}, answers...)
	return c.history
}

func expectOperation(t *testing.T, h *History, number int, outcome Outcome, reply string) *Operation {
	t.Helper()
	if len(h.Operations) <= number {
		t.Fatalf("there are only %d operations", len(h.Operations))
	}
	op := h.Operations[number]
	if op.Outcome != outcome || outcome == Answered && op.Reply.String() != reply {
		t.Errorf("operation %d has the outcome %v and the reply %v, want %v and %s", number, op.Outcome, op.Reply, outcome, reply)
	}
	return op
}

func TestTransactionIsMovedAsAWhole(t *testing.T) {
	h := transactionWorld(t, "MULTI ; SET foo 1 ; GET foo ; EXEC",
		scriptOf(t, "MULTI -> +OK~", "SET foo 1 -> "+fmt.Sprintf("-MOVED %d 10.0.0.2:7000~", slotOfFoo),
			"GET foo -> "+fmt.Sprintf("-MOVED %d 10.0.0.2:7000~", slotOfFoo),
			"EXEC -> -EXECABORT Transaction discarded because of previous errors.~"),
		scriptOf(t, "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "GET foo -> +QUEUED~", "EXEC -> *2~+OK~$1~1~"))
	op := expectOperation(t, h, 0, Answered, `[OK "1"]`)
	if len(op.Attempts) != 2 || !op.Attempts[0].Idle || op.Attempts[1].Idle || op.Attempts[1].Harmless || h.moved != 1 {
		t.Errorf("moved %d times, attempts %+v", h.moved, op.Attempts)
	}
}

func TestExecItselfIsAsked(t *testing.T) {
	h := transactionWorld(t, "MULTI ; SET foo 1 ; EXEC",
		scriptOf(t, "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> "+fmt.Sprintf("-ASK %d 10.0.0.2:7000~", slotOfFoo)),
		scriptOf(t, "ASKING -> +OK~", "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> *1~+OK~"))
	if op := expectOperation(t, h, 0, Answered, "[OK]"); !op.Attempts[0].Harmless || op.Attempts[1].Ordinal != 5 {
		t.Errorf("attempts %+v", op.Attempts)
	}
}

func TestTransactionWaitsForTheCluster(t *testing.T) {
	h := transactionWorld(t, "MULTI ; SET foo 1 ; EXEC", scriptOf(t,
		"MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> -EXECABORT Transaction discarded because of: CLUSTERDOWN The cluster is down~",
		"MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> *1~+OK~"))
	if op := expectOperation(t, h, 0, Answered, "[OK]"); !op.Attempts[0].Harmless || op.Attempts[0].Idle {
		t.Errorf("attempts %+v", op.Attempts)
	}
}

func TestLostExecIsUnknown(t *testing.T) {
	h := transactionWorld(t, "MULTI ; SET foo 1 ; EXEC", scriptOf(t, "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> HANGUP"))
	expectOperation(t, h, 0, Unknown, "")
}

func TestTransactionsWithoutEffectAreRepeated(t *testing.T) {
	const aborted = "EXECABORT Transaction discarded because of previous errors."
	for _, test := range []struct {
		queued, end, reply, want string
	}{
		{"GET foo", "EXEC", "*1~$-1~", "[nil]"},
		{"SET foo 1", "DISCARD", "+OK~", "OK"},
		{"GET foo bar", "EXEC", "-" + aborted + "~", "(" + aborted + ")"},
	} {
		once := []string{"MULTI -> +OK~", test.queued + " -> +QUEUED~"}
		lines := append(append(append(once, test.end+" -> HANGUP"), once...), test.end+" -> "+test.reply)
		h := transactionWorld(t, "MULTI ; "+test.queued+" ; "+test.end, scriptOf(t, lines...))
		op := expectOperation(t, h, 0, Answered, test.want)
		if len(op.Attempts) != 2 || op.Attempts[0].Idle || op.Attempts[1].Idle != (test.want != "[nil]") {
			t.Errorf("%s: attempts %+v", test.queued, op.Attempts)
		}
	}
}

// A client that loses what it reads ahead has done no harm, and begins anew. When its key has changed it tries again, as another
// operation with a read of its own.
func TestWatchingClient(t *testing.T) {
	h := transactionWorld(t, "WATCH foo ; GET foo ; MULTI ; SET foo 1 ; EXEC", scriptOf(t,
		"WATCH foo -> +OK~", "GET foo -> HANGUP",
		"WATCH foo -> +OK~", "GET foo -> $1~7~", "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> *-1~",
		"WATCH foo -> +OK~", "GET foo -> $1~8~", "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> *1~+OK~"))
	op := expectOperation(t, h, 0, Answered, `["7" nil]`)
	if len(op.Attempts) != 3 || !op.Attempts[0].Ahead || !op.Attempts[1].Ahead || !op.Attempts[2].Idle {
		t.Errorf("attempts %+v", op.Attempts)
	}
	expectOperation(t, h, 1, Answered, `["8" [OK]]`)
}

func TestWatchIsGivenUpForARedirect(t *testing.T) {
	moved := fmt.Sprintf("-MOVED %d 10.0.0.2:7000~", slotOfFoo)
	h := transactionWorld(t, "WATCH foo ; GET foo ; MULTI ; SET foo 1 ; EXEC",
		scriptOf(t, "WATCH foo -> +OK~", "GET foo -> "+moved, "UNWATCH -> +OK~"),
		scriptOf(t, "WATCH foo -> +OK~", "GET foo -> $-1~", "MULTI -> +OK~", "SET foo 1 -> +QUEUED~", "EXEC -> *1~+OK~"))
	if op := expectOperation(t, h, 0, Answered, "[nil [OK]]"); !op.Attempts[0].Harmless {
		t.Errorf("attempts %+v", op.Attempts)
	}
}

// What is watched belongs to a connection, and EXEC forgets it: so no other command shares that connection meanwhile.
// ASK for a watched key says nothing of the transaction's other keys, so nothing is sent behind ASKING.
func TestTornTransactionWaitsForItsSlot(t *testing.T) {
	ask := fmt.Sprintf("-ASK %d 10.0.0.2:7000~", slotOfFoo)
	h := transactionWorld(t, "WATCH foo ; GET foo ; MULTI ; SET {foo}2 1 ; EXEC",
		scriptOf(t, "WATCH foo -> "+ask, "GET foo -> "+ask, "UNWATCH -> +OK~",
			"WATCH foo -> +OK~", "GET foo -> $1~5~", "MULTI -> +OK~", "SET {foo}2 1 -> +QUEUED~", "EXEC -> *1~+OK~"))
	expectOperation(t, h, 0, Answered, `["5" [OK]]`)
	if h.asked != 0 {
		t.Errorf("ASK was followed %d times", h.asked)
	}
}

func TestWatchHasAConnectionOfItsOwn(t *testing.T) {
	c, _ := clientWorld(t, [][]string{strings.Fields("WATCH foo ; GET foo ; MULTI ; SET foo 1 ; EXEC"), {"GET", "foo"}},
		func(args []string) (string, bool) {
			switch args[0] {
			case "GET":
				return "$-1\r\n", false
			case "EXEC":
				return "*1\r\n+OK\r\n", false
			case "SET":
				return "+QUEUED\r\n", false
			}
			return "+OK\r\n", false
		})
	first, second := c.history.Operations[0].Attempts, c.history.Operations[1].Attempts
	if first[0].Connection() != first[1].Connection() || first[0].Connection() == second[0].Connection() {
		t.Errorf("connections %s, %s and %s", first[0].Connection(), first[1].Connection(), second[0].Connection())
	}
}

// Transactions meet on a few keys, and each of their ends is seen.
func TestTransactionsOfManyKinds(t *testing.T) {
	config := DefaultConfig(5, 3, 6)
	config.Chaos = 10 * time.Second
	workload := DefaultWorkload()
	workload.Tags, workload.Pause = 1, 10*time.Millisecond
	workload.Weights = [FamilyCount]int{FamilyTransaction: 1, FamilyWatch: 1, FamilyMulti: 1, FamilyRename: 1, FamilyBits: 1}
	result := mustRun(t, config, sim.Plan{Inputs: workload.Draw(random.Derive(5, "operations"), 6, config.Chaos)})
	if result.Verdict != sim.OK {
		t.Fatalf("%s: %s", result.Verdict, result.Detail)
	}
	ends := map[string]int{}
	for _, op := range result.History.Operations {
		if op.Outcome != Answered || !linearizability.IsTransaction(op.Args) {
			continue
		}
		end, kind := op.Reply, "plain "
		if op.Args[0] == "WATCH" {
			end, kind = op.Reply.Items[1], "watching "
		}
		switch end.Kind {
		case linearizability.Array:
			kind += "ran"
		case linearizability.Nil:
			kind += "changed"
		case linearizability.Status:
			kind += "discarded"
		default:
			kind += "aborted"
		}
		ends[kind]++
	}
	for _, kind := range []string{
		"plain ran", "plain discarded", "plain aborted", "watching ran", "watching changed", "watching discarded", "watching aborted",
	} {
		if ends[kind] < 5 {
			t.Errorf("%d times %s, of %v", ends[kind], kind, ends)
		}
	}
	if ends["plain changed"] > 0 {
		t.Errorf("EXEC without WATCH did not run: %v", ends)
	}
}
