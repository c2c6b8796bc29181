package command

import (
	"time"

	"github.com/ember-cluster/ember/core/session"
)

// Connections is what a command may ask of its node about connections and about the process.
type Connections interface {
	// Execute runs the commands that the session has queued behind MULTI, each with its reply, and nothing in between.
	Execute(ctx *Context)
	// Continue executes the rest of the current command in pieces, while others go on, and answers the client when it is done.
	Continue(rest Continuation)
	// Broadcast hands a message of PUBLISH, or with shard one of SPUBLISH, to the other nodes whose clients may listen.
	Broadcast(shard bool, channel, message []byte)
	// Disconnect closes a session once the command is over.
	Disconnect(s *session.Session)
	// Pause holds the commands of clients, all or those that may write, for a time. Unpause ends it.
	Pause(all bool, duration time.Duration)
	Unpause()
	// Describe returns what CLIENT LIST shows of a session's buffers.
	Describe(s *session.Session) Buffers
	// Reconfigure has the process take on settings that are about to change. An error refuses them all.
	Reconfigure(changed *Settings) error
	// SettingsChanged says that the Settings have other values now.
	SettingsChanged()
	// RewriteParameters writes the Settings to the configuration file.
	RewriteParameters() error
	// ResetCounters lets what INFO counts begin anew.
	ResetCounters()
	// SetActiveExpiry switches the removal of expired keys that nobody asks for (DEBUG SET-ACTIVE-EXPIRE).
	SetActiveExpiry(on bool)
	// Stop asks for the end of the process.
	Stop(options StopOptions)
}

// Buffers are the sizes of a session's buffers, in bytes.
type Buffers struct{ Input, Output int }

// StopOptions are the words of SHUTDOWN.
type StopOptions struct {
	// Save and NoSave ask for the data to be saved, or not, against the configuration.
	Save, NoSave bool
	// Now does not wait for replicas. Force ignores what would prevent the end.
	Now, Force bool
}

// DescribeCommand returns a command as MONITOR shows it: the time, the database and the client, the words quoted.
func DescribeCommand(wall int64, s *session.Session, row *Row, args [][]byte) string {
	line := make([]byte, 0, 128)
	line = appendSeconds(line, wall)
	line = append(line, " [0 "...)
	line = append(line, s.Address...)
	line = append(line, ']')
	for _, arg := range row.shown(args) {
		line = append(line, ' ')
		line = appendQuoted(line, arg)
	}
	return string(line)
}

// shown returns the arguments with those hidden that must not be shown.
func (r *Row) shown(args [][]byte) [][]byte {
	if r.IsSecret == nil {
		return args
	}
	shown := make([][]byte, len(args))
	for i := range args {
		shown[i] = args[i]
		if r.IsSecret(args, i) {
			shown[i] = []byte("(redacted)")
		}
	}
	return shown
}
