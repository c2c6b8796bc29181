package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/command"
)

func parse(t *testing.T, args ...string) *commandLine {
	t.Helper()
	c, err := parseCommandLine(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := parse(t)
	if c.Port != 6379 || c.ClusterPort != 16379 || c.Bind.String() != "* -::*" {
		t.Errorf("%+v", c.settings)
	}
	if c.changeable != command.DefaultSettings() {
		t.Errorf("%+v, want %+v", c.changeable, command.DefaultSettings())
	}
	if c := parse(t, "--requirepass", "secret"); c.driver.localOnly {
		t.Error("with --requirepass, strangers are not let in")
	}
	if !c.driver.localOnly {
		t.Error("without --bind, strangers are let in")
	}
	if c := parse(t, "--bind", "*"); c.driver.localOnly {
		t.Error("with --bind, strangers are not let in")
	}
}

func TestFlagsOverrideTheFile(t *testing.T) {
	path := writeConfig(t,
		"# comment", "  PORT 7000  ", "port 7001", `dir "with space"`, "maxclients 5", "loglevel debug", "bind 127.0.0.1 -::1",
		"cluster-require-full-coverage no", "client-query-buffer-limit 2mb", "timeout 30", "save 900 1", "appendonly no",
		"client-output-buffer-limit normal 1mb 1k 5", "client-output-buffer-limit pubsub 3 0 0")
	c := parse(t, path, "--maxclients", "7", "--loglevel=warning")
	s := &c.changeable
	if c.Port != 7001 || c.ClusterPort != 17001 || c.Dir != "with space" || c.Bind.String() != "127.0.0.1 -::1" || c.ConfigFile != path {
		t.Errorf("%+v", c.settings)
	}
	if s.MaxClients != 7 || s.LogLevel != "warning" || s.FullCoverage || s.QueryBuffer != 2<<20 || s.Timeout != 30 {
		t.Errorf("%+v", c.changeable)
	}
	want := command.OutputLimits{
		command.NormalOutput:  {Hard: 1 << 20, Soft: 1000, SoftSeconds: 5},
		command.ReplicaOutput: {Hard: 256 << 20, Soft: 64 << 20, SoftSeconds: 60},
		command.PubSubOutput:  {Hard: 3},
	}
	if s.OutputLimits != want || c.driver.outputLimits != want {
		t.Errorf("%+v", s.OutputLimits)
	}
	if want := []warning{{"save", ignored}}; !slices.Equal(c.warnings, want) {
		t.Errorf("warnings %v, want %v", c.warnings, want)
	}
}

// TestForeignFlags uses a command line that was written for redis-server.
func TestForeignFlags(t *testing.T) {
	c := parse(t, "--port", "7000", "--cluster-enabled", "yes", "--save", "", "--appendonly", "no", "--daemonize", "no",
		"--cluster-config-file", "nodes.conf", "--bind", "127.0.0.1", "-::1", "--hz=10", "--maxclients", "5",
		"--client-output-buffer-limit", "pubsub", "1kb", "0", "0", "--slowlog-log-slower-than", "-1")
	if c.Port != 7000 || c.Bind.String() != "127.0.0.1 -::1" || c.changeable.MaxClients != 5 || c.changeable.SlowlogSlowerThan != -1 ||
		c.changeable.OutputLimits[command.PubSubOutput] != (command.OutputLimit{Hard: 1024}) {
		t.Errorf("%+v", c.settings)
	}
	if want := []warning{{"cluster-config-file", ignored}, {"hz", ignored}}; !slices.Equal(c.warnings, want) {
		t.Errorf("warnings %v, want %v", c.warnings, want)
	}
}

func TestNoDirectiveIsBothForeignAndOurs(t *testing.T) {
	for _, p := range parse(t).parameters {
		if _, foreign := foreignDirectives[p.name]; foreign {
			t.Errorf("%s is both", p.name)
		}
	}
}

// TestParametersAreTheSettings checks that CONFIG GET shows what is in force, sorted and once.
func TestParametersAreTheSettings(t *testing.T) {
	c := parse(t, "--port", "7000", "--client-query-buffer-limit", "2mb", "--bind", "::1,127.0.0.1")
	all := c.configParameters(7000, 17000)
	values := map[string]string{}
	for i, p := range all {
		if i > 0 && all[i-1].Name >= p.Name {
			t.Errorf("%s comes behind %s", p.Name, all[i-1].Name)
		}
		values[p.Name] = p.Value
	}
	for name, want := range map[string]string{
		"port": "7000", "cluster-port": "17000", "bind": "::1 127.0.0.1", "save": "",
		"appendonly": "no", "dir": "./", "tcp-backlog": "511",
	} {
		if got, ok := values[name]; !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAnnouncedAddress(t *testing.T) {
	for _, test := range []struct {
		args                string
		host                string
		clientPort, busPort uint16
	}{
		{"", "", 6379, 16379},
		{"--bind 10.0.0.5", "10.0.0.5", 6379, 16379},
		{"--bind *", "", 6379, 16379},
		{"--bind fe80::1", "fe80::1", 6379, 16379},
		{"--bind 10.0.0.5 --cluster-announce-ip 1.2.3.4 --cluster-announce-port 80 --cluster-announce-bus-port 81", "1.2.3.4", 80, 81},
	} {
		c := parse(t, strings.Fields(test.args)...)
		a := c.announce(uint16(c.Port), uint16(c.ClusterPort)).Override(&c.changeable)
		if a.Host != test.host || a.ClientPort != test.clientPort || a.BusPort != test.busPort {
			t.Errorf("%s: %+v", test.args, a)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	var out, complaint strings.Builder
	if code := run([]string{"--help"}, &out, &complaint); code != 0 || complaint.Len() > 0 {
		t.Errorf("--help: exit status %d, %s", code, &complaint)
	}
	for _, p := range parse(t).parameters {
		if !strings.Contains(out.String(), "--"+p.name) {
			t.Errorf("the help lacks --%s", p.name)
		}
	}
	out.Reset()
	if code := run([]string{"--version"}, &out, &complaint); code != 0 || !strings.HasPrefix(out.String(), "embernode "+core.Version+" go") {
		t.Errorf("--version: exit status %d, %s", code, &out)
	}
}

func TestLargePagesCanBeSwitchedOff(t *testing.T) {
	for word, want := range map[string]bool{"no": true, "yes": false, "YES": false} {
		if asked := parse(t, "--disable-thp", word).nodeOptions(7000, 17000).Allocated != nil; asked != want {
			t.Errorf("disable-thp %s: large pages are asked for: %v", word, asked)
		}
	}
	if _, err := parseCommandLine([]string{"--disable-thp", "maybe"}, io.Discard); err == nil {
		t.Error("maybe is accepted")
	}
}

// A loop over epoll has a processor of Go's to itself; goroutines share them, and pay for each.
func TestThreads(t *testing.T) {
	for _, test := range []struct {
		loop, threads string
		want          int
	}{{loopNet, "1", 1}, {loopNet, "3", 3}, {loopEpoll, "1", 2}, {loopEpoll, "3", 3}} {
		c := parse(t)
		c.Loop = loopKind(test.loop)
		if err := c.IOThreads.UnmarshalText([]byte(test.threads)); err != nil {
			t.Fatal(err)
		}
		if got := c.threads(); got != test.want {
			t.Errorf("%d threads with the loop %s and io-threads %s, want %d", got, test.loop, test.threads, test.want)
		}
	}
}
