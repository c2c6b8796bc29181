module example.com/fixture

go 1.26.0

require go.etcd.io/raft/v3 v3.7.0

replace go.etcd.io/raft/v3 => ./raft
