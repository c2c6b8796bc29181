package command

import (
	"fmt"
	"strings"
)

var infoRow = &Row{
	Name: "info", Arity: -1, Flags: Loading | Stale, Categories: DangerousCategory,
	Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
	Group: "server", Since: "1.0.0", Summary: "Tells about the server, section by section.", Complexity: "O(1)",
	Arguments: []Argument{{Name: "section", Type: StringArgument, Optional: true, Multiple: true}},
	Run:       info,
}

// infoSection is a part of the reply of INFO.
type infoSection struct {
	// name selects the section, title heads it.
	name, title string
	// standard says that the section is shown if none is named.
	standard bool
}

// infoSections are all sections in the order in which they are shown.
var infoSections = []infoSection{
	{"server", "Server", true},
	{"clients", "Clients", true},
	{"memory", "Memory", true},
	{"persistence", "Persistence", true},
	{"stats", "Stats", true},
	{"replication", "Replication", true},
	{"cpu", "CPU", true},
	{"modules", "Modules", true},
	{"commandstats", "Commandstats", false},
	{"errorstats", "Errorstats", true},
	{"latencystats", "Latencystats", false},
	{"cluster", "Cluster", true},
	{"keyspace", "Keyspace", true},
}

// info writes the chosen sections, each once and in the fixed order; names that are unknown choose nothing.
func info(c *Context) {
	var text strings.Builder
	for _, section := range infoSections {
		if !section.chosen(c.Args[1:]) {
			continue
		}
		if text.Len() > 0 {
			text.WriteString("\r\n")
		}
		text.WriteString("# " + section.title + "\r\n")
		for _, field := range arrange(section.name, append(c.ownInfo(section.name), c.Server.Info(section.name)...)) {
			text.WriteString(field.Name + ":" + field.Value + "\r\n")
		}
	}
	c.Reply.Verbatim("txt", text.String())
}

func (s *infoSection) chosen(names [][]byte) bool {
	if len(names) == 0 {
		return s.standard
	}
	for _, name := range names {
		switch {
		case isWord(name, s.name), isWord(name, "all"), isWord(name, "everything"), s.standard && isWord(name, "default"):
			return true
		}
	}
	return false
}

// ownInfo returns what needs no knowledge of the node.
func (c *Context) ownInfo(section string) []Field {
	switch section {
	case "server":
		return []Field{
			{"redis_version", Version}, {"redis_git_sha1", "00000000"}, {"redis_git_dirty", "0"}, {"redis_build_id", "0000000000000000"},
			{"redis_mode", "cluster"},
		}
	case "memory":
		return c.memoryFields()
	case "commandstats":
		return c.Statistics.commandFields()
	case "latencystats":
		return c.Statistics.latencyFields()
	case "errorstats":
		return c.Statistics.errorFields()
	case "replication":
		role := "master"
		if !c.isPrimary() {
			role = "slave" // HELLO knows the newer word, INFO does not
		}
		return []Field{{"role", role}}
	case "keyspace":
		if keys := c.Space.Len(); keys > 0 {
			return []Field{{"db0", fmt.Sprintf("keys=%d,expires=%d,avg_ttl=0", keys, c.Space.Expiring())}}
		}
	}
	return nil
}
