package sim

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawNames(t *rapid.T, least int) []string {
	return rapid.SliceOfN(rapid.StringMatching(`[a-zA-Z0-9._-]{1,8}`), least, 4).Draw(t, "names")
}

// drawFault draws any fault that Check accepts.
func drawFault(t *rapid.T) Fault {
	f := Fault{
		At:    time.Duration(rapid.Int64Min(0).Draw(t, "at")),
		For:   time.Duration(rapid.Int64Min(0).Draw(t, "for")),
		Kind:  rapid.SampledFrom(FaultKinds()).Draw(t, "kind"),
		Hosts: drawNames(t, 1),
	}
	if f.Kind.Network() && rapid.Bool().Draw(t, "peers") {
		f.Peers = drawNames(t, 1)
	}
	switch faultTraits[f.Kind].unit {
	case unitNone:
	case unitRate:
		f.Amount = rapid.Int64Range(1, million).Draw(t, "amount")
	case unitDrift:
		f.Amount = rapid.Int64Range(-driftLimit, driftLimit).Draw(t, "amount")
	case unitJump:
		f.Amount = rapid.Int64Range(-maxJump, maxJump).Draw(t, "amount")
	case unitTimes:
		f.Amount = rapid.Int64Range(1, maxTimes).Draw(t, "amount")
	case unitDuration:
		f.Amount = rapid.Int64Range(1, maxDelay).Draw(t, "amount")
	default:
		f.Amount = rapid.Int64Range(1, maxSpeed).Draw(t, "amount")
	}
	return f
}

func TestFaultsKeepTheirTextAndJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFault(t)
		parsed, err := ParseFault(f.String())
		if err != nil || !reflect.DeepEqual(parsed, f) {
			t.Fatalf("%q became %q, %v", f, parsed, err)
		}
		data, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var decoded Fault
		if err := json.Unmarshal(data, &decoded); err != nil || !reflect.DeepEqual(decoded, f) {
			t.Fatalf("%s became %q, %v", data, decoded, err)
		}
	})
}

func TestPlansKeepTheirTextAndJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Plan
		for range rapid.IntRange(0, 4).Draw(t, "faults") {
			p.Faults = append(p.Faults, drawFault(t))
		}
		for range rapid.IntRange(0, 4).Draw(t, "inputs") {
			in := Input{At: time.Duration(rapid.Int64Min(0).Draw(t, "at")), Host: drawNames(t, 1)[0]}
			for _, arg := range rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 4).Draw(t, "args") {
				in.Args = append(in.Args, string(arg))
			}
			p.Inputs = append(p.Inputs, in)
		}
		parsed, err := ParsePlan(p.String())
		if err != nil || !reflect.DeepEqual(parsed, p) {
			t.Fatalf("%s became %s, %v", p, parsed, err)
		}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var decoded Plan
		if err := json.Unmarshal(data, &decoded); err != nil || !reflect.DeepEqual(decoded, p) {
			t.Fatalf("%s became %s, %v", data, decoded, err)
		}
	})
}

func TestPlanText(t *testing.T) {
	const text = `1.5s partition hosts=n1,n2 peers=n3 for=10s
2s loss hosts=n1 amount=50000ppm for=3s
2s clock-drift hosts=n1 amount=-200ppm
3s delay hosts=n1 amount=20ms
3s throttle hosts=n1 amount=1000B/s
4s wall-jump hosts=n1 amount=-1h0m0s
4s disk-slow hosts=n1 amount=3x
4s crash hosts=n2
5s input c1 SET key "two words" "" "\xff"
`
	p, err := ParsePlan("# a comment\n\n  " + text)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.String(); got != text {
		t.Errorf("became\n%s", got)
	}
	want := Fault{At: 1500 * time.Millisecond, For: 10 * time.Second, Kind: FaultPartition, Hosts: []string{"n1", "n2"}, Peers: []string{"n3"}}
	if !reflect.DeepEqual(p.Faults[0], want) {
		t.Errorf("the first is %+v", p.Faults[0])
	}
	data, _ := json.Marshal(p.Faults[1])
	if got, want := string(data), `{"at":"2s","kind":"loss","hosts":["n1"],"amount":"50000ppm","for":"3s"}`; got != want {
		t.Errorf("as JSON %s, want %s", got, want)
	}
}

func TestMistakesInPlansAreNamed(t *testing.T) {
	for line, want := range map[string]string{
		"1s":                                   "a time and a kind must come first",
		"soon crash hosts=a":                   "invalid duration",
		"1s earthquake hosts=a":                `no kind of fault "earthquake"`,
		"1s crash":                             "names no host",
		"1s crash hosts=":                      "cannot be the name",
		"1s crash hosts=a,b!":                  "cannot be the name",
		"1s crash hosts=a peers=b":             "has no peers",
		"1s crash hosts=a hosts=b":             "not expected",
		"1s crash hosts=a now":                 "not expected",
		"1s crash hosts=a why=not":             "no such part",
		"1s crash hosts=a amount=1":            "must be from 0 to 0",
		"1s loss hosts=a":                      "must be from 1 to 1000000",
		"1s loss hosts=a amount=5":             "unit must be ppm",
		"1s loss hosts=a amount=1000001ppm":    "must be from 1 to 1000000",
		"1s clock-drift hosts=a amount=1e3ppm": "invalid syntax",
		"1s delay hosts=a amount=5":            "missing unit",
		"-1s crash hosts=a":                    "before time",
		"1s crash hosts=a for=-1s":             "before time",
		"1s input":                             "must come first",
		"1s input c1 \"open":                   "invalid syntax",
		"x input c1":                           "invalid duration",
	} {
		_, err := ParsePlan("\n" + line)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
	for _, data := range []string{
		`{"faults":[{"at":"1s","kind":"crash"}]}`, `{"faults":[{"at":"1s","kind":"x","hosts":["a"]}]}`,
		`{"faults":[{"at":"1","kind":"crash","hosts":["a"]}]}`, `{"faults":[7]}`, `{"inputs":[7]}`,
		`{"faults":[{"at":"1s","kind":"loss","hosts":["a"],"amount":"x"}]}`,
		`{"faults":[{"at":"1s","kind":"crash","hosts":["a"],"for":"x"}]}`,
		`{"inputs":[{"at":"1s","host":""}]}`, `{"inputs":[{"at":"","host":"a"}]}`, `{"inputs":[{"at":"1s","host":"a","args":["\"x"]}]}`,
	} {
		var p Plan
		if err := json.Unmarshal([]byte(data), &p); err == nil {
			t.Errorf("%s was accepted: %v", data, p)
		}
	}
}

func TestPlansForOthersAreRefused(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	for _, plan := range []Plan{
		{Faults: []Fault{{Kind: FaultCrash, Hosts: []string{"a"}}, {Kind: FaultCrash, Hosts: []string{"b"}}}},
		{Faults: []Fault{{Kind: FaultPartition, Hosts: []string{"a"}, Peers: []string{"b"}}}},
		{Faults: []Fault{{Hosts: []string{"a"}}}},
		{Faults: []Fault{{Kind: FaultCrash, Hosts: []string{"a"}}}, Inputs: []Input{{Host: "b"}}},
	} {
		if err := w.Load(plan); err == nil {
			t.Errorf("%v was accepted", plan)
		}
	}
	if err := w.Apply(Fault{Kind: FaultCrash, Hosts: []string{"b"}}); err == nil {
		t.Error("a fault of nobody was applied")
	}
	pass(w, time.Second)
	p[0].expect(t)
}

func FuzzParsePlan(f *testing.F) {
	f.Add("1.5s partition hosts=n1,n2 peers=n3 for=10s\n2s loss hosts=n1 amount=50000ppm\n")
	f.Add("5s input c1 SET key \"two \\xff words\"\n# comment")
	f.Add("9h wall-jump hosts=a amount=-1h0m0.000000001s")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePlan(text)
		if err != nil {
			return
		}
		again, err := ParsePlan(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q became %q, %v", p, again, err)
		}
	})
}
