package view

// A Chunk is a part of a recorded run, as the page takes it: columns of numbers, which compress well and need no
// object per record. Times are nanoseconds of virtual time. A text is an index of the list of all texts so far; text 0 is
// empty. A host is an index of the list of hosts.
type Chunk struct {
	Hosts []string `json:"hosts,omitempty"` // names of hosts that are new
	Texts []string `json:"texts,omitempty"` // texts that are new

	Records    records    `json:"records"`
	Messages   messages   `json:"messages"`
	Facts      facts      `json:"facts"`
	Shares     []share    `json:"shares,omitempty"`
	Faults     []fault    `json:"faults,omitempty"` // faults that are new
	FaultEnds  []faultEnd `json:"faultEnds,omitempty"`
	Operations operations `json:"operations"` // new, or changed

	Now    int64  `json:"now"`
	Events uint64 `json:"events"`
	Hash   string `json:"hash"` // so far, 16 hexadecimal digits
}

// records are events and effects in the order in which they happened.
type records struct {
	Time   []int64  `json:"time"`  // difference to the record before
	Event  []uint64 `json:"event"` // number of the event: difference to the record before
	Host   []int    `json:"host"`  // -1: the world
	Action []int    `json:"action"`
	Peer   []int    `json:"peer"`   // host, -1: none
	Stream []int    `json:"stream"` // connections are numbered from 1 in the order in which they are seen; 0: none
	Text   []int    `json:"text"`
}

// messages join what is sent with what is received. Both are numbers of records.
type messages struct {
	From []int `json:"from"`
	To   []int `json:"to"`
}

// facts are changes of what hosts tell about themselves.
type facts struct {
	Time  []int64 `json:"time"`
	Host  []int   `json:"host"`
	Name  []int   `json:"name"`  // text
	Value []int   `json:"value"` // text; 0: there is nothing to show any more
	Tone  []int   `json:"tone"`
}

// share is what a host holds of the space from a time on.
type share struct {
	Time   int64 `json:"time"`
	Host   int   `json:"host"`
	Ranges []int `json:"ranges"` // first, last, first, last, …
}

// fault is a fault that has begun.
type fault struct {
	Time    int64  `json:"time"`
	Kind    string `json:"kind"`
	Hosts   []int  `json:"hosts"`
	Peers   []int  `json:"peers"`
	Text    string `json:"text"`
	Instant bool   `json:"instant"`
}

// faultEnd is the end of a fault, by the order of all faults so far.
type faultEnd struct {
	Fault int   `json:"fault"`
	Time  int64 `json:"time"`
}

// operations are what clients asked for. One that has an ID that came before takes its place.
type operations struct {
	ID       []int     `json:"id"`
	Host     []int     `json:"host"`
	Call     []int64   `json:"call"`
	Return   []int64   `json:"return"` // -1: none
	Outcome  []int     `json:"outcome"`
	Request  []int     `json:"request"`  // text
	Reply    []int     `json:"reply"`    // text
	Attempts [][]int64 `json:"attempts"` // time, host, answer as a text, time, …
}
