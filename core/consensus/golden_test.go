package consensus

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/ember-cluster/ember/core/wire"
)

// The golden scripts drive a group of nodes a, b, c, … on virtual time. Raft ids are given in the order in which nodes join.
//
//	group n=3 [voters=(a,b,c)] [seed=1] [checkpoint=8] [chunk=64]   makes a group that a founds, and shows nothing
//	run for=2s [until=settled]      shows elections and answers; with "trace on" also messages and records
//	trace on|off
//	propose node=a [id=7] [items…]  a proposal for each item
//	read node=a number=1
//	crash node=a | restart node=a | hold-disk node=a | release-disk node=a | wipe node=a as=f
//	cut groups=(ab,c) | heal | network [loss=30] [duplicate=20] [reorder=20]   (per cent)
//	voters (a,b,c)
//	state [node=a] | items | terms
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			s := &script{t: t}
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.run(d) })
		})
	}
}

type script struct {
	t    *testing.T
	g    *testGroup
	out  strings.Builder
	next int // number of the next proposal
}

func (s *script) run(d *datadriven.TestData) string {
	commands := map[string]func(*datadriven.TestData){
		"group": s.group, "run": s.runFor, "propose": s.propose, "read": s.read, "voters": s.voters, "cut": s.cut,
		"network": s.network, "wipe": s.wipe, "items": s.items, "state": s.state,
		"trace":        func(d *datadriven.TestData) { s.g.messages = d.HasArg("on") },
		"heal":         func(*datadriven.TestData) { s.g.cut = func(int, int) bool { return false } },
		"crash":        func(d *datadriven.TestData) { s.g.crash(s.node(d)) },
		"restart":      func(d *datadriven.TestData) { s.g.restart(s.node(d)) },
		"hold-disk":    func(d *datadriven.TestData) { s.node(d).held = true },
		"release-disk": s.release,
	}
	command, known := commands[d.Cmd]
	if !known {
		d.Fatalf(s.t, "unknown command %s", d.Cmd)
	}
	s.out.Reset()
	command(d)
	if s.g.failure != nil {
		fmt.Fprintln(&s.out, "BROKEN", s.g.failure)
	}
	if s.out.Len() == 0 {
		return "ok\n"
	}
	return named(s.out.String())
}

var shortIDs = regexp.MustCompile(`\b(6[1-9a-f]|7[0-9a])000000\b`)

// named replaces the short forms of ids by letters.
func named(text string) string {
	return shortIDs.ReplaceAllStringFunc(text, func(hex string) string {
		letter, _ := strconv.ParseUint(hex[:2], 16, 8)
		return string(rune(letter))
	})
}

func (s *script) node(d *datadriven.TestData) *host {
	var name string
	d.ScanArgs(s.t, "node", &name)
	return s.g.hosts[slices.IndexFunc(s.g.hosts, func(h *host) bool { return h.id[0] == name[0] })]
}

func (s *script) group(d *datadriven.TestData) {
	n, seed := 3, 1
	config := DefaultConfig()
	d.MaybeScanArgs(s.t, "n", &n)
	d.MaybeScanArgs(s.t, "seed", &seed)
	d.MaybeScanArgs(s.t, "checkpoint", &config.CheckpointEntries)
	d.MaybeScanArgs(s.t, "keep", &config.KeepEntries)
	d.MaybeScanArgs(s.t, "chunk", &config.ChunkBytes)
	s.g, s.next = newTestGroup(n, uint64(seed), config, func(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }), 0
	s.g.messages = d.HasArg("trace")
	if d.HasArg("voters") {
		s.voters(d)
	}
}

func (s *script) voters(d *datadriven.TestData) {
	var names []string
	if d.HasArg("voters") {
		d.ScanArgs(s.t, "voters", &names)
	} else {
		names = strings.Split(strings.Trim(d.Input, "()"), ",")
	}
	var voters []wire.NodeID
	for _, name := range names {
		voters = append(voters, nodeID(int(name[0]-'a')))
	}
	s.g.setVoters(voters)
}

func (s *script) runFor(d *datadriven.TestData) {
	var text string
	d.ScanArgs(s.t, "for", &text)
	span, err := time.ParseDuration(text)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	var stop func() bool
	if d.HasArg("until") {
		stop = func() bool {
			return s.g.voters() > 0 && s.g.voters() == len(s.g.leader().machine.wanted) && s.g.agreed()
		}
	}
	s.g.run(s.g.now+span, stop)
}

func (s *script) propose(d *datadriven.TestData) {
	h, id := s.node(d), -1
	d.MaybeScanArgs(s.t, "id", &id)
	for _, item := range strings.Fields(d.Input) {
		number := s.next
		if id >= 0 {
			number = id
		} else {
			s.next++
		}
		if err := s.g.propose(h, proposalID(number), item); err != nil {
			fmt.Fprintln(&s.out, err)
		}
	}
}

func (s *script) read(d *datadriven.TestData) {
	var number int
	d.ScanArgs(s.t, "number", &number)
	h := s.node(d)
	if err := h.machine.ReadIndex(s.g.now, uint64(number)); err != nil {
		fmt.Fprintln(&s.out, err)
	}
	s.g.settle(h)
}

func (s *script) release(d *datadriven.TestData) {
	h := s.node(d)
	h.held = false
	if len(h.unsynced) > 0 {
		s.g.sync(h)
	}
}

// wipe empties the disk of a node, which comes back under another name.
func (s *script) wipe(d *datadriven.TestData) {
	var name string
	d.ScanArgs(s.t, "as", &name)
	h := s.node(d)
	s.g.crash(h)
	h.synced, h.id = nil, nodeID(int(name[0]-'a'))
	s.g.restart(h)
}

func (s *script) cut(d *datadriven.TestData) {
	var groups []string
	d.ScanArgs(s.t, "groups", &groups)
	side := func(i int) int {
		return slices.IndexFunc(groups, func(names string) bool { return strings.IndexByte(names, s.g.hosts[i].id[0]) >= 0 })
	}
	s.g.cut = func(from, to int) bool { return side(from) != side(to) }
}

func (s *script) network(d *datadriven.TestData) {
	var loss, duplicate, reorder int
	d.MaybeScanArgs(s.t, "loss", &loss)
	d.MaybeScanArgs(s.t, "duplicate", &duplicate)
	d.MaybeScanArgs(s.t, "reorder", &reorder)
	s.g.loss, s.g.duplicate, s.g.reorder = loss*10_000, duplicate*10_000, reorder*10_000
}

func (s *script) items(*datadriven.TestData) {
	for _, h := range s.g.hosts {
		if h.machine != nil {
			fmt.Fprintf(&s.out, "%s %v: %s\n", short(h.id), h.machine.role, strings.Join(h.state.items, " "))
		}
	}
}

func (s *script) state(d *datadriven.TestData) {
	for _, h := range s.g.hosts {
		if h.machine != nil && (!d.HasArg("node") || h == s.node(d)) {
			s.out.WriteString(h.machine.String())
		}
	}
}
