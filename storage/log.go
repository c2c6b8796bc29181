package storage

// LogOptions says how a Log is kept. The zero value of each field but Name stands for its default.
type LogOptions struct {
	// Name is what the segment files' names begin with: "ember" gives "ember-000001.log".
	Name string
	// Salt is mixed into every checksum of the segments made from now on. Draw it at random at each start, so that
	// no client can put bytes into a record that look like records of this log.
	Salt uint64
	// SegmentSize is the size in bytes at which the next Sync begins a new segment. Default DefaultSegmentSize.
	SegmentSize int64
	// MaxRecord bounds the bytes of one record. Default and highest value MaxRecord.
	MaxRecord int
	// Reserve is how many bytes are kept reserved behind the end of the log (File.Reserve). Default none.
	Reserve int64
	// Recover is called for every record that the log holds, in order, while it is opened. The record's bytes are
	// valid during the call only. An error stops OpenLog, which returns it. If OpenLog fails otherwise, what was
	// recovered so far must not be used.
	Recover func(position uint64, record []byte) error
}
