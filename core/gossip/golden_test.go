package gossip

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// The golden scripts drive one machine whose peers are scripted, or a whole group. Nodes are a, b, c, …
//
//	machine members=(b,c) [variant=SWIM] [incarnation=1] [k=3] [lambda=4] [max-payload=n] [stream=off]
//	                  makes the machine of node a
//	advance to=2s     reaches all deadlines up to an instant, and shows what is sent and found out
//	receive from=b [stream] [at=…]
//	<message>         hands in a message, written as Describe shows it
//	state             shows the machine
//	leave | set-members members=(…) | set-version 7
//
//	group n=5 [variant=…] [seed=1]
//	run for=10s [until-agreed]   shows which member believed what of which when
//	cut groups=(ab,cde) | heal | crash node=c | restart node=c | block node=c for=5s | leave-group node=c
//	health            what each member believes of each
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			script := &script{t: t}
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return script.run(d) })
		})
	}
}

type script struct {
	t       *testing.T
	machine *Machine
	group   *group
	log     strings.Builder
}

func (s *script) run(d *datadriven.TestData) string {
	commands := map[string]func(*datadriven.TestData){
		"machine": s.newMachine, "advance": s.advance, "receive": s.receive, "leave": s.leave, "set-members": s.setMembers,
		"set-version": s.setVersion, "group": s.newGroup, "run": s.runGroup, "cut": s.cut, "heal": s.heal, "crash": s.crash,
		"restart": s.restart, "block": s.block, "leave-group": s.leaveGroup, "health": s.health,
		"state": func(*datadriven.TestData) { s.log.WriteString(s.machine.String()) },
	}
	command, known := commands[d.Cmd]
	if !known {
		d.Fatalf(s.t, "unknown command %s", d.Cmd)
	}
	s.log.Reset()
	command(d)
	if s.machine != nil {
		mustCheck(s.t, s.machine)
	}
	if s.log.Len() == 0 {
		return "ok\n"
	}
	return named(s.log.String())
}

var shortIDs = regexp.MustCompile(`\b(6[1-9a-f]|7[0-9a])000000\b`)

// named replaces the short forms of ids by letters.
func named(text string) string {
	return shortIDs.ReplaceAllStringFunc(text, func(hex string) string {
		letter, _ := strconv.ParseUint(hex[:2], 16, 8)
		return string(rune(letter))
	})
}

func letterID(name string) wire.NodeID { return nodeID(int(name[0] - 'a')) }

func (s *script) members(d *datadriven.TestData) []wire.NodeID {
	var names []string
	d.ScanArgs(s.t, "members", &names)
	var ids []wire.NodeID
	for _, name := range names {
		if name != "" {
			ids = append(ids, letterID(name))
		}
	}
	return ids
}

func (s *script) config(d *datadriven.TestData) Config {
	config := DefaultConfig()
	name := Lifeguard.String()
	d.MaybeScanArgs(s.t, "variant", &name)
	for _, v := range Variants {
		if v.String() == name {
			config = config.With(v)
		}
	}
	d.MaybeScanArgs(s.t, "k", &config.IndirectProbes)
	d.MaybeScanArgs(s.t, "lambda", &config.Lambda)
	d.MaybeScanArgs(s.t, "max-payload", &config.MaxPayload)
	config.ReliableFallback = !d.HasArg("stream")
	return config
}

func (s *script) newMachine(d *datadriven.TestData) {
	var incarnation uint64
	d.MaybeScanArgs(s.t, "incarnation", &incarnation)
	s.machine, s.group = New(s.config(d), letterID("a"), incarnation, random.New(1)), nil
	s.machine.sequence, s.machine.relays.first = 0, 1
	s.machine.SetMembers(0, s.members(d))
	if !s.machine.alone() {
		// Scripts read better without random phases: the members are probed in their order from 1 s on, and
		// gossip is due at multiples of 200 ms.
		s.machine.order.list = s.machine.members.sorted()[1:]
		s.machine.probe.end, s.machine.exchangeAt = time.Second, 30*time.Second
		s.machine.phase, s.machine.gossipAt = 0, 200*time.Millisecond
	}
	s.show(0)
}

// show prints what the machine wants and found out.
func (s *script) show(now time.Duration) {
	sends, changes := s.machine.Take()
	for _, c := range changes {
		s.showChange(now, "", c)
	}
	for _, send := range sends {
		to, text := short(send.To), Describe(send.Payload)
		if send.Reliable {
			to += " (stream)"
		}
		fmt.Fprintf(&s.log, "%v → %s: %s\n", now, to, text)
	}
}

func (s *script) showChange(now time.Duration, who string, c Change) {
	if c.Kind == VersionSeen {
		fmt.Fprintf(&s.log, "%v %s%s has version %d\n", now, who, short(c.Node), c.Version)
		return
	}
	fmt.Fprintf(&s.log, "%v %s%s is %v incarnation=%d by %s\n", now, who, short(c.Node), c.Health, c.Incarnation, short(c.By))
}

func (s *script) duration(d *datadriven.TestData, name string) time.Duration {
	var text string
	d.ScanArgs(s.t, name, &text)
	span, err := time.ParseDuration(text)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	return span
}

func (s *script) advance(d *datadriven.TestData) {
	to := s.duration(d, "to")
	for deadline := s.machine.NextDeadline(); deadline <= to; deadline = s.machine.NextDeadline() {
		s.machine.Advance(deadline)
		s.show(deadline)
	}
	s.machine.Advance(to)
	s.show(to)
}

func (s *script) receive(d *datadriven.TestData) {
	var from string
	d.ScanArgs(s.t, "from", &from)
	at := s.machine.now
	if d.HasArg("at") {
		at = s.duration(d, "at")
	}
	if err := s.machine.Receive(at, letterID(from), parseMessage(s.t, d.Input), d.HasArg("stream")); err != nil {
		fmt.Fprintf(&s.log, "%v\n", err)
	}
	s.show(at)
}

func (s *script) leave(*datadriven.TestData) {
	s.machine.Leave(s.machine.now)
	s.show(s.machine.now)
}

func (s *script) setMembers(d *datadriven.TestData) {
	s.machine.SetMembers(s.machine.now, s.members(d))
	s.show(s.machine.now)
}

func (s *script) setVersion(d *datadriven.TestData) {
	version, err := strconv.ParseUint(d.CmdArgs[0].Key, 10, 64)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.machine.SetVersion(version)
}

func (s *script) newGroup(d *datadriven.TestData) {
	var n int
	seed := uint64(1)
	d.ScanArgs(s.t, "n", &n)
	d.MaybeScanArgs(s.t, "seed", &seed)
	s.machine, s.group = nil, newGroup(s.t, n, s.config(d), seed)
	s.group.check = true
	s.group.onChange = func(at int, c Change) {
		s.showChange(s.group.now.Truncate(10*time.Millisecond), short(nodeID(at))+": ", c)
	}
}

func (s *script) runGroup(d *datadriven.TestData) {
	span := s.duration(d, "for")
	if !d.HasArg("until-agreed") {
		s.group.run(span)
		return
	}
	took := s.group.mustAgree(span)
	fmt.Fprintf(&s.log, "agreed within %v\n", took.Truncate(time.Second)+time.Second)
}

func (s *script) node(d *datadriven.TestData) int {
	var name string
	d.ScanArgs(s.t, "node", &name)
	return int(name[0] - 'a')
}

func (s *script) cut(d *datadriven.TestData) {
	var groups []string
	d.ScanArgs(s.t, "groups", &groups)
	side := map[int]int{}
	for i, names := range groups {
		for _, name := range names {
			side[int(name-'a')] = i
		}
	}
	s.group.cut = func(from, to int) bool { return side[from] != side[to] }
}

func (s *script) heal(*datadriven.TestData)    { s.group.cut = nil }
func (s *script) crash(d *datadriven.TestData) { s.group.crash(s.node(d)) }
func (s *script) block(d *datadriven.TestData) {
	s.group.blocked[s.node(d)] = s.group.now + s.duration(d, "for")
}
func (s *script) health(*datadriven.TestData)    { s.log.WriteString(s.group.table()) }
func (s *script) restart(d *datadriven.TestData) { s.group.start(s.node(d), 1<<32) }

func (s *script) leaveGroup(d *datadriven.TestData) {
	i := s.node(d)
	s.group.machines[i].Leave(s.group.now)
	s.group.settle(i)
}

// table shows what each member, a line each, believes of each, a column each.
func (g *group) table() string {
	var b strings.Builder
	b.WriteString("  ")
	for i := range g.ids {
		fmt.Fprintf(&b, "%c", 'a'+i)
	}
	for i, m := range g.machines {
		fmt.Fprintf(&b, "\n%c ", 'a'+i)
		for _, id := range g.ids {
			mark := " "
			if m != nil {
				mark = string("?+sx-"[m.Health(id)])
			}
			b.WriteString(mark)
		}
	}
	return b.String() + "\n(+ alive, s suspect, x dead, - left)\n"
}

var claimPattern = regexp.MustCompile(`^(alive|suspect|dead|left)\(([a-z]),(\d+)(?:,by ([a-z]))?\)`)

// parseMessage reads what Describe writes, with letters for ids.
func parseMessage(t testing.TB, text string) []byte {
	t.Helper()
	var msg message
	rest := strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	word, rest, _ := strings.Cut(rest, " ")
	for kind, name := range kindNames {
		if name == word {
			msg.kind = messageKind(kind)
		}
	}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		if match := claimPattern.FindStringSubmatch(rest); match != nil {
			c := wireClaim{node: letterID(match[2])}
			for h := Alive; h <= Left; h++ {
				if h.String() == match[1] {
					c.health = h
				}
			}
			c.incarnation, _ = strconv.ParseUint(match[3], 10, 64)
			if match[4] != "" {
				c.accuser = letterID(match[4])
			}
			msg.claims = c.append(msg.claims)
			rest = rest[len(match[0]):]
			continue
		}
		word, rest, _ = strings.Cut(rest, " ")
		parseField(t, &msg, word)
	}
	return msg.append(nil)
}

func parseField(t testing.TB, msg *message, word string) {
	t.Helper()
	name, value, _ := strings.Cut(strings.Replace(word, "#", "#=", 1), "=")
	if name == "target" {
		msg.target = letterID(value)
		return
	}
	number, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		t.Fatalf("%q: %v", word, err)
	}
	switch name {
	case "#":
		msg.sequence = uint32(number)
	case "incarnation":
		msg.incarnation = number
	case "version":
		msg.version = number
	default:
		t.Fatalf("unknown field %q", word)
	}
}
