package topology

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/slots"
)

// TestGolden runs the scripts in testdata/golden. Nodes and shards are named by the hex digit that their ids repeat.
//
//	build     a line per shard: shard=1 epoch=3 nodes=d,a slots=0-9,20-49 (the primary first)   → the state
//	solo      a lone node without a host: node=a shard=1                                        → the state
//	apply     a line per command: add-slots shard=1 epoch=3 slots=5                             → the result of each
//	in-sync   shard=1 nodes=a,d: at once, without a command
//	choose-voters [doubtful=(a,b)] [unfit=(c)], next-generation voter=a
//	health    a line per node: b failed
//	offset    a line per node: b 120
//	state, nodes, slots, shards, info, serving: what they are called; arguments self=a, endpoint=hostname|unknown,
//	          full-coverage=no
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata/golden", func(t *testing.T, path string) {
		g := &golden{t: t, health: map[NodeID]Health{}, offsets: map[NodeID]int64{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			g.t = t
			return g.run(d)
		})
	})
}

type golden struct {
	t       *testing.T
	state   *State
	health  map[NodeID]Health
	offsets map[NodeID]int64
}

func (g *golden) run(d *datadriven.TestData) string {
	switch d.Cmd {
	case "build":
		var specs []ShardSpec
		for _, line := range strings.Split(d.Input, "\n") {
			specs = append(specs, g.spec(fieldsOf(line)))
		}
		state, err := Build(testCluster, specs...)
		if err != nil {
			return err.Error()
		}
		g.state = state
		return state.String()
	case "solo":
		f := fieldsOf(d.Input)
		node := testNode(f["node"])
		node.Host = ""
		g.state = Solo(testCluster, node, shardNamed(f["shard"]))
		return g.state.String()
	case "apply":
		return g.apply(d.Input)
	case "in-sync":
		f := fieldsOf(d.Input)
		i, _ := g.state.shardIndex(shardNamed(f["shard"]))
		g.state = deepCopy(g.state)
		g.state.shards[i].InSync = nil
		for _, name := range strings.Split(f["nodes"], ",") {
			g.state.shards[i].InSync = append(g.state.shards[i].InSync, nodeNamed(name))
		}
		return fmt.Sprint(g.state.Check())
	case "health", "offset":
		for _, line := range strings.Split(d.Input, "\n") {
			name, value, _ := strings.Cut(line, " ")
			g.health[nodeNamed(name)] = map[string]Health{"suspected": Suspected, "failed": Failed}[value]
			g.offsets[nodeNamed(name)], _ = strconv.ParseInt(value, 10, 64)
		}
		return ""
	case "state":
		return g.state.String()
	case "choose-voters":
		return g.voters(d)
	case "next-generation":
		before := g.state
		g.state = g.state.NextGeneration(nodeNamed(d.CmdArgs[0].Vals[0]))
		return fmt.Sprint(g.state, errors.Join(g.state.Check(), g.state.CheckSuccessor(before)))
	}
	return g.view(d)
}

func (g *golden) spec(f map[string]string) ShardSpec {
	spec := ShardSpec{ID: shardNamed(f["shard"]), Epoch: g.number(f["epoch"]), Slots: g.slots(f["slots"])}
	for _, name := range strings.Split(f["nodes"], ",") {
		spec.Nodes = append(spec.Nodes, testNode(name))
	}
	return spec
}

func (g *golden) apply(input string) string {
	var b strings.Builder
	for _, line := range strings.Split(input, "\n") {
		command := g.command(line)
		next, result := g.state.Apply(command)
		switch {
		case result.Err != nil:
			fmt.Fprintf(&b, "%v: %v\n", command, result.Err)
		case !result.Changed:
			fmt.Fprintf(&b, "%v: no change\n", command)
		default:
			fmt.Fprintf(&b, "%v: version %d\n", command, next.Version)
		}
		for i, r := range result.Each {
			fmt.Fprintf(&b, "  %d: changed %t, %v\n", i+1, r.Changed, r.Err)
		}
		g.state = next
		if err := next.Check(); err != nil {
			fmt.Fprintf(&b, "BROKEN %v\n", err)
		}
	}
	return b.String()
}

func (g *golden) command(line string) Command {
	f := fieldsOf(line)
	switch epoch := g.number(f["epoch"]); strings.Fields(line)[0] {
	case "add-slots":
		return AddSlots{Shard: shardNamed(f["shard"]), Epoch: epoch, Slots: g.slots(f["slots"])}
	case "delete-slots":
		return DeleteSlots{Shard: shardNamed(f["shard"]), Epoch: epoch, Slots: g.slots(f["slots"])}
	case "set-address":
		return SetAddress{Node: nodeNamed(f["node"]), Epoch: epoch, Host: f["host"], Hostname: f["hostname"], Zone: f["zone"],
			ClientPort: uint16(g.number(f["port"])), BusPort: uint16(g.number(f["bus"]))}
	case "set-boot":
		return SetBoot{Node: nodeNamed(f["node"]), Epoch: epoch, Boot: g.number(f["boot"])}
	case "batch":
		var b Batch
		_, rest, _ := strings.Cut(line, " ")
		for _, part := range strings.Split(rest, ";") {
			b.Commands = append(b.Commands, g.command(strings.TrimSpace(part)))
		}
		return b
	}
	if c := g.memberCommand(strings.Fields(line)[0], f); c != nil {
		return c
	}
	g.t.Fatalf("no such command: %s", line)
	return nil
}

func (g *golden) memberCommand(word string, f map[string]string) Command {
	epoch, boot := g.number(f["epoch"]), g.number(f["boot"])
	var node NodeID
	var shard, source, target ShardID
	for name, id := range map[string]*[20]byte{"node": (*[20]byte)(&node), "shard": (*[20]byte)(&shard), "source": (*[20]byte)(&source), "target": (*[20]byte)(&target)} {
		if f[name] != "" {
			*id = nodeNamed(f[name])
		}
	}
	var token JoinToken
	copy(token[:], f["token"])
	switch word {
	case "join":
		record := testNode(f["node"])
		record.Zone = f["zone"]
		return Join{Token: token, Node: record, Shard: shard, Epoch: epoch, Claims: g.slots(f["slots"]), WithKeys: g.slots(f["keys"])}
	case "abort-join":
		return AbortJoin{Token: token, Node: node}
	case "forget":
		return Forget{Node: node}
	case "promote":
		return Promote{Shard: shard, Epoch: epoch, Node: node, Boot: boot}
	case "add-in-sync":
		return AddInSync{Shard: shard, Epoch: epoch, Node: node, Boot: boot}
	case "remove-in-sync":
		return RemoveInSync{Shard: shard, Epoch: epoch, Node: node}
	case "add-member":
		return AddMember{Shard: shard, Epoch: epoch, Node: node, NodeEpoch: g.number(f["node-epoch"])}
	case "detach":
		return Detach{Node: node, Epoch: epoch, NewShard: shard}
	case "transfer-slots":
		return TransferSlots{Source: source, SourceEpoch: epoch, Target: target, TargetEpoch: g.number(f["target-epoch"]), Version: g.number(f["version"]), Slots: g.slots(f["slots"])}
	case "close-imports":
		return CloseImports{Target: target, Epoch: epoch, Boot: boot, Version: g.number(f["version"]), Slots: g.slots(f["slots"])}
	case "migrating":
		return MarkMigrating{Target: target, Source: source, Epoch: epoch, Slots: g.slots(f["slots"])}
	case "set":
		return SetSetting{Name: f["name"], Value: f["value"]}
	case "set-voters":
		c := SetVoters{Epoch: epoch}
		for _, name := range strings.Split(f["voters"], ",") {
			c.Voters = append(c.Voters, nodeNamed(name))
		}
		return c
	case "bump-epoch":
		return BumpEpoch{Shard: shard, Epoch: epoch}
	case "set-epoch":
		return SetEpoch{Shard: shard, Epoch: epoch, NewEpoch: g.number(f["to"])}
	}
	return nil
}

// voters shows who would vote if those nodes were doubtful and these unfit.
func (g *golden) voters(d *datadriven.TestData) string {
	fitness := map[NodeID]Fitness{}
	for _, arg := range d.CmdArgs {
		for _, name := range arg.Vals {
			fitness[nodeNamed(name)] = map[string]Fitness{"doubtful": Doubtful, "unfit": Unfit}[arg.Key]
		}
	}
	return joinNodes(ChooseVoters(g.state, func(id NodeID) Fitness { return fitness[id] }))
}

func (g *golden) view(d *datadriven.TestData) string {
	v := &View{State: g.state, Self: nodeNamed("a"), FullCoverage: true,
		Health: func(id NodeID) Health { return g.health[id] },
		Offset: func(id NodeID) int64 { return g.offsets[id] }}
	for _, arg := range d.CmdArgs {
		switch arg.String() {
		case "full-coverage=no":
			v.FullCoverage = false
		case "endpoint=hostname":
			v.Endpoint = EndpointHostname
		case "endpoint=unknown":
			v.Endpoint = EndpointUnknown
		default:
			v.Self = nodeNamed(arg.Vals[0])
		}
	}
	w := &resp.Writer{Protocol: 2}
	switch d.Cmd {
	case "nodes":
		return string(v.AppendNodes(nil))
	case "node":
		return string(v.AppendNodeLine(nil, v.Self))
	case "info":
		return strings.ReplaceAll(string(v.AppendInfo(nil)), "\r", "")
	case "serving":
		return fmt.Sprint(v.Serving())
	case "slots":
		v.WriteSlots(w)
	case "shards":
		v.WriteShards(w)
	default:
		d.Fatalf(g.t, "no such directive: %s", d.Cmd)
	}
	return foldReply(string(w.Buf))
}

// foldReply writes a reply on few lines: a new one for each array of several elements, lengths of texts left out.
func foldReply(reply string) string {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(reply, "\r\n"), "\r\n") {
		switch {
		case strings.HasPrefix(line, "*"):
			fmt.Fprintf(&b, "\n%s", line)
		case !strings.HasPrefix(line, "$") || line == "$-1":
			fmt.Fprintf(&b, " %s", line)
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

func (g *golden) number(text string) uint64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}

func (g *golden) slots(text string) slots.Set {
	return slotSet(g.t, strings.ReplaceAll(text, ",", " "))
}

// fieldsOf reads "word key=value key=value".
func fieldsOf(line string) map[string]string {
	fields := map[string]string{}
	for _, word := range strings.Fields(line) {
		if key, value, ok := strings.Cut(word, "="); ok {
			fields[key] = value
		}
	}
	return fields
}
