package redirect

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestLines(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{Moved{16287, "127.0.0.1", 17003}, "MOVED 16287 127.0.0.1:17003"},
		{Moved{0, "", 6379}, "MOVED 0 :6379"},
		{Moved{1, "::1", 6379}, "MOVED 1 ::1:6379"},
		{Ask{16287, "127.0.0.1", 17001}, "ASK 16287 127.0.0.1:17001"},
		{CrossSlot, "CROSSSLOT Keys in request don't hash to the same slot"},
		{TryAgain, "TRYAGAIN Multiple keys request during rehashing of slot"},
		{SlotNotServed, "CLUSTERDOWN Hash slot not served"},
		{ClusterDown, "CLUSTERDOWN The cluster is down"},
		{ClusterDownReadOnly, "CLUSTERDOWN The cluster is down and only accepts read commands"},
		{ExecAborted, "EXECABORT Transaction discarded because of previous errors."},
		{SelectNotAllowed, "ERR SELECT is not allowed in cluster mode"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestParseReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Redirect{
			Kind:     rapid.SampledFrom([]Kind{KindMoved, KindAsk}).Draw(t, "kind"),
			Slot:     rapid.Uint16Range(0, slotCount-1).Draw(t, "slot"),
			Endpoint: rapid.SampledFrom([]string{"", "127.0.0.1", "::1", "node-1.example", "?"}).Draw(t, "endpoint"),
			Port:     rapid.Uint16Range(1, 65535).Draw(t, "port"),
		}
		var line []byte
		if want.Kind == KindMoved {
			line = Moved{want.Slot, want.Endpoint, want.Port}.AppendText(nil)
		} else {
			line = Ask{want.Slot, want.Endpoint, want.Port}.AppendText(nil)
		}
		if word, _, _ := bytes.Cut(line, []byte(" ")); string(word) != want.Kind.String() {
			t.Fatalf("%q is a %v", line, want.Kind)
		}
		if got, ok := Parse(line); !ok || got != want {
			t.Fatalf("%q is read as %+v, %v", line, got, ok)
		}
	})
}

func TestParseLeavesOtherErrorsAlone(t *testing.T) {
	for _, line := range []string{
		"", "MOVED", "MOVED ", "MOVED 5", "MOVED 5 ", "MOVED 5 host", "MOVED 5 host:", "MOVED 5 host:0", "MOVED 5 host:65536",
		"MOVED 16384 host:1", "MOVED -1 host:1", "MOVED +1 host:1", "MOVED 01 host:1", "MOVED x host:1", "MOVED 5  host:1",
		"MOVED 5 host:1 more", "MOVED 5 host:1\r", "moved 5 host:1", "ASKING 5 host:1", "ASK5 host:1", " ASK 5 host:1",
		"ERR MOVED 5 host:1", "TRYAGAIN Multiple keys request during rehashing of slot", "MOVED 5 host:+1", "MOVED 5 host:01",
	} {
		if got, ok := Parse([]byte(line)); ok {
			t.Errorf("%q is read as %+v, a %v", line, got, got.Kind)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"MOVED 5 host:1", "ASK 16383 ::1:65535", "MOVED 5 :1", "ERR no"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := Parse(line)
		if !ok {
			return
		}
		again := Moved{r.Slot, r.Endpoint, r.Port}.Error()
		if r.Kind == KindAsk {
			again = Ask{r.Slot, r.Endpoint, r.Port}.Error()
		}
		if again != string(line) {
			t.Fatalf("%q is written as %q", line, again)
		}
	})
}
