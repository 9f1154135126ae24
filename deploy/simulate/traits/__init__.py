"""What makes naming hard: people on the move, shared devices, networks of others, ids that are none. Off by default.

`Traits` are the shares (`WorldSpec.traits`; `WorldSpec.hard()` has them all), `networks` who announces which address,
`twist` changes what people of a journey do, `scenes` are people who go no journey, `hits` the truth about each event.
"""
