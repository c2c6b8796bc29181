package main

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ember-cluster/ember/sim/view"
)

// operation is a read of the register, or a write if Write is not empty.
type operation struct {
	Number       int
	Client       string
	Write        string
	Read         string
	Call, Return time.Duration
	Begun, Ended bool
}

func (o *operation) begin(now time.Duration) { o.Call, o.Begun = now, true }

func (o *operation) end(now time.Duration, value string) {
	o.Return, o.Ended = now, true
	if o.Write == "" {
		o.Read = value
	}
}

func (o *operation) String() string {
	what := "write " + o.Write
	if o.Write == "" {
		what = fmt.Sprintf("read → %q", o.Read)
	}
	return fmt.Sprintf("%s %v – %v %s", o.Client, o.Call, o.Return, what)
}

// history is all that clients have asked for.
type history struct{ operations []*operation }

// request adds what an input of the plan asks for: "read", or "write" and a value.
func (h *history) request(client string, args []string) *operation {
	o := &operation{Number: len(h.operations), Client: client}
	if args[0] == "write" {
		o.Write = args[1]
	}
	h.operations = append(h.operations, o)
	return o
}

// pending returns how many operations have not ended.
func (h *history) pending() int {
	pending := 0
	for _, o := range h.operations {
		if !o.Ended {
			pending++
		}
	}
	return pending
}

// register is a register that does one thing at a time.
var register = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		if written := input.(string); written != "" {
			return true, written
		}
		return output.(string) == state.(string), state
	},
}

// check reports whether some order of the operations explains what each of them has read.
func (h *history) check() error {
	clients := map[string]int{}
	var operations []porcupine.Operation
	for _, o := range h.operations {
		if !o.Begun || o.Write == "" && !o.Ended {
			continue // a read that nobody has the result of says nothing
		}
		if _, known := clients[o.Client]; !known {
			clients[o.Client] = len(clients)
		}
		end := int64(math.MaxInt64) // a write without an answer may take effect at any time
		if o.Ended {
			end = int64(o.Return)
		}
		operations = append(operations, porcupine.Operation{
			ClientId: clients[o.Client], Input: o.Write, Output: o.Read, Call: int64(o.Call), Return: end,
		})
	}
	if porcupine.CheckOperations(register, operations) {
		return nil
	}
	text := "no order explains these operations:"
	for _, o := range h.operations {
		text += "\n" + o.String()
	}
	return fmt.Errorf("%s", text)
}

// of returns the operations of one client.
func (h *history) of(client string) []*operation {
	var own []*operation
	for _, o := range h.operations {
		if o.Client == client {
			own = append(own, o)
		}
	}
	return own
}

// Operations implements view.Requester: the page shows them.
func (c *client) Operations() int { return len(c.history.of(c.host.Name())) }

// Operation implements view.Requester.
func (c *client) Operation(number int) view.Operation {
	o := c.history.of(c.host.Name())[number]
	shown := view.Operation{ID: o.Number, Call: o.Call, Request: "read"}
	if o.Write != "" {
		shown.Request = "write " + o.Write
	}
	if o.Ended {
		shown.Return, shown.Outcome, shown.Reply = o.Return, view.Answered, o.Read
	}
	return shown
}
