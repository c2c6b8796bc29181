package cluster

import (
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
)

// program is what a host of the cluster runs: how it boots, and how its bytes read in a trace.
type program struct {
	boot func(h *sim.Host) sim.Process
}

// Boot implements sim.Program.
func (p program) Boot(h *sim.Host) sim.Process { return p.boot(h) }

// Describe implements sim.Describer. It returns nothing for bytes that it cannot read, such as half a command.
func (p program) Describe(_ sim.EventKind, port uint16, data []byte) string {
	if port == BusPort {
		return describeBus(data)
	}
	if text := describeCommands(data); text != "" {
		return text
	}
	return describeReplies(data)
}

// describeBus puts messages between nodes into words.
func describeBus(data []byte) string {
	var words []string
	for len(data) > 0 {
		envelope, size, err := wire.Open(data, wire.MaxFrame-wire.Overhead)
		if err != nil {
			return "damaged: " + err.Error()
		}
		if size == 0 {
			return ""
		}
		if envelope.Kind == wire.KindGossip {
			words = append(words, gossip.Describe(envelope.Payload))
		} else {
			words = append(words, fmt.Sprintf("message of kind %d", envelope.Kind))
		}
		data = data[size:]
	}
	return strings.Join(words, "; ")
}

// describeCommands puts requests into words, as a person would type them.
func describeCommands(data []byte) string {
	if data[0] != '*' {
		return "" // no client here sends inline commands
	}
	var parser resp.Parser
	var commands []string
	for len(data) > 0 {
		args, size, err := parser.Next(data)
		if err != nil || size == 0 {
			return ""
		}
		words := make([]string, len(args))
		for i, arg := range args {
			words[i] = string(arg)
		}
		commands = append(commands, strings.Join(words, " "))
		data = data[size:]
	}
	return fmt.Sprintf("%q", strings.Join(commands, "; "))
}

// describeReplies puts replies into words.
func describeReplies(data []byte) string {
	var replies []string
	var memory replyMemory
	for len(data) > 0 {
		reply, size, err := resp.ReadValue(data, resp.ReplyLimits{})
		if err != nil || size == 0 {
			return ""
		}
		replies = append(replies, memory.model(&reply).String())
		data = data[size:]
	}
	text := strings.Join(replies, "; ")
	const longest = 120
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return "→ " + text
}
