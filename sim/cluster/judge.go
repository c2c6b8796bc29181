package cluster

import (
	"fmt"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/linearizability"
	"github.com/ember-cluster/ember/sim"
)

// replyMemory is that of the texts of replies, of which there are many, and which all stay to the end.
type replyMemory struct{ texts strings.Builder }

// textsAtOnce is how much memory for texts is taken at once, in bytes.
const textsAtOnce = 8 << 10

// text returns bytes as a string. Many lie in one piece of memory, one behind the other.
func (m *replyMemory) text(p []byte) string {
	if len(p) == 0 {
		return ""
	}
	if m.texts.Cap()-m.texts.Len() < len(p) {
		m.texts = strings.Builder{}
		m.texts.Grow(max(len(p), textsAtOnce))
	}
	start := m.texts.Len()
	m.texts.Write(p)
	return m.texts.String()[start:]
}

// model translates a reply into the terms of the model, which knows no difference between RESP2 and RESP3.
func (m *replyMemory) model(v *resp.Value) linearizability.Reply {
	switch v.Kind {
	case resp.KindNull:
		return linearizability.Reply{Kind: linearizability.Nil}
	case resp.KindSimple:
		return linearizability.Reply{Kind: linearizability.Status, Text: m.text(v.Str)}
	case resp.KindError:
		return linearizability.Reply{Kind: linearizability.Error, Text: m.text(v.Str)}
	case resp.KindInteger, resp.KindBool:
		return linearizability.Reply{Kind: linearizability.Integer, Int: v.Int}
	case resp.KindArray, resp.KindSet:
		reply := linearizability.Reply{Kind: linearizability.Array}
		if len(v.Array) > 0 {
			reply.Items = make([]linearizability.Reply, len(v.Array))
		}
		for i := range v.Array {
			reply.Items[i] = m.model(&v.Array[i])
		}
		return reply
	}
	return linearizability.Reply{Kind: linearizability.Bulk, Text: m.text(v.Str)}
}

// model returns the history in the terms of the checker.
func (h *History) model() []linearizability.Operation {
	operations := make([]linearizability.Operation, len(h.Operations))
	for i, op := range h.Operations {
		operations[i] = linearizability.Operation{
			ID: uint64(op.ID), Client: op.Client, Args: op.Args, Call: op.Call, Return: op.Return, Reply: op.Reply,
		}
		switch {
		case op.crossSlot || op.Outcome == Refused:
			operations[i].Outcome = linearizability.Failed // without effect, as checkAttempts verifies
		case op.Outcome == Answered:
			operations[i].Outcome = linearizability.OK
		default:
			operations[i].Outcome = linearizability.Unknown
			operations[i].Return = linearizability.Never
		}
	}
	linearizability.Read(operations)
	return operations
}

// judge decides whether the clients' history is linearizable. Unknown outcomes are resolved by what the nodes say that they
// executed; that this is all they executed is checked by checkEnd.
//
// The witness is what the nodes say of when they executed an operation.
func (c *Cluster) judge(e evidence) *linearizability.Report {
	report := linearizability.Check(linearizability.Resolve(e.operations, e.applied), linearizability.Options{
		StepBudget: c.Config.StepBudget, MaxClockError: c.clockError(),
		Witness: func(id uint64) (time.Duration, bool) { return c.history.Executed(c.history.Operations[id]) },
	})
	return &report
}

// evidence is the history in the terms of the checker, and when each operation took effect that did.
type evidence struct {
	operations []linearizability.Operation
	applied    linearizability.Log
}

func (c *Cluster) evidence() evidence {
	return evidence{c.history.model(), func(id uint64) (time.Duration, bool) { return c.history.Applied(c.history.Operations[id]) }}
}

// clockError bounds how far a node's wall clock may have been from the world's.
func (c *Cluster) clockError() time.Duration {
	bound := 2 * time.Millisecond // readings are whole milliseconds
	for _, node := range c.Config.Nodes {
		bound = max(bound, node.WallOffset.Abs()+2*time.Millisecond)
	}
	for _, fault := range c.plan.Faults {
		if fault.Kind == sim.FaultWallJump {
			bound += time.Duration(fault.Amount).Abs()
		}
	}
	return bound
}

// verdictOf translates the checker's report.
func verdictOf(report *linearizability.Report) (sim.Verdict, string) {
	switch report.Verdict {
	case linearizability.Legal:
		return sim.OK, ""
	case linearizability.Illegal:
		return sim.Violation, fmt.Sprintf("not linearizable: %v", report)
	}
	return sim.Unknown, fmt.Sprintf("linearizability is undecided: %v", report)
}
