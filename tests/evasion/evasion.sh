#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The evasions of docs/evasions.md, by their numbers there, on a live kernel: each does what is to be alerted on in a
# way that hides it, and the alert has to be there.  With Falco's rules beside ours where they are at hand
# ($MEWS_FALCO_RULES, or ../shared/rules): what they look for is then found by them, too.
. "$(dirname -- "$0")/../support/pipeline.sh"
need_live

falco=${MEWS_FALCO_RULES:-$top/../shared/rules/falco_rules.yaml}
[ -r "$falco" ] || falco=
evade=$tools/evade
cp "$build/tests/support/evade" "$evade" || skip_all "evade is not built"
[ "$(stat -c %d /etc/shadow)" = "$(stat -c %d /etc)" ] || skip_all "/etc/shadow is mounted by itself"

cat >"$work/own.yaml" <<-'end'
	- rule: Sent
	  desc: something was sent
	  condition: evt.type in (sendto, sendmsg, sendmmsg) and proc.name = evade
	  output: Sent (command=%proc.cmdline connection=%fd.name)
	  priority: NOTICE
end
start_mews -r "$top/rules/mews_rules.yaml" ${falco:+-r "$falco"} -r "$work/own.yaml" -o rule_matching=all \
	-o 'append_output[]={"extra_fields": ["fd.path.resolved", "proc.cmdline", "proc.pcmdline", "proc.exepath", "fd.num"]}'
listener_pid=
clean() {
	[ -n "$listener_pid" ] && kill "$listener_pid" 2>/dev/null
	rm -f "/etc/mews-link-$$" "/etc/mews-link2-$$" "/etc/mews-made-$$" "/etc/mews-made2-$$" "/etc/mews-how-$$" "/etc/mews-weird-$$-"* "/etc/profile.d/mews-test-$$.sh" "/var/log/mews-test-$$"
	finish
}
trap clean EXIT

# do MARK COMMAND...: with the mark behind its arguments; what it exited with is in $done_MARK.
declare -A status
do_it() {
	local mark=$1
	shift
	timeout 20 "$@" "mark-$mark-$$" >"$work/out.$mark" 2>"$work/err.$mark" </dev/null
	status[$mark]=$?
}

read_rules=("Sensitive file read")
[ -n "$falco" ] && read_rules+=("Read sensitive file untrusted")

# ---- what is done ----

cp "$evade" "$work/bash"
do_it E1 "$evade" race-open 100
do_it E2 "$work/bash" slow-connect
do_it E2-file "$work/bash" swapped-connect file
do_it E2-socket "$work/bash" swapped-connect socket
do_it E3 "$evade" uring-open /etc/shadow
do_it E3-apart "$evade" uring-open-apart /etc/shadow
do_it E3-direct "$evade" uring-open-direct /etc/shadow
do_it E3-silent "$evade" uring-open-silent /etc/shadow
do_it E3-overflow "$evade" uring-open-overflow /etc/shadow
do_it E3-overflow-apart "$evade" uring-open-overflow-apart /etc/shadow
do_it E3-link "$evade" uring-link /etc/shadow "/etc/mews-link2-$$"
do_it E3-unlink "$evade" uring-unlink "/etc/mews-link2-$$"
echo : >"$tools/plain"
do_it E3-rename "$evade" uring-rename "$tools/plain" "/etc/profile.d/mews-test-$$.sh"
coproc listener { exec "$trigger" listen; }
read -r port <&"${listener[0]}"
listener_pid=$listener_PID
do_it E3-connect "$work/bash" uring-connect "$port"
do_it E3-connect-silent "$work/bash" uring-connect-silent "$port"
do_it E3-connect-overflow "$work/bash" uring-connect-overflow "$port"
for how in send sendmsg send-zc sendmsg-zc sendmsg-elsewhere; do
	do_it E3-$how "$evade" uring-send $how
done
for how in told silent linked; do
	do_it E3-connect-direct-$how "$work/bash" uring-connect-direct "$port" $how
done
ln -s /etc/security "$work/dir"
ln -s /etc/shadow "$work/link"
do_it E4-parent "$evade" read "$work/dir/../shadow"
do_it E4-link "$evade" read "$work/link"
ln /proc/self/root/etc/shadow "/etc/mews-link-$$" 2>/dev/null || ln /etc/shadow "/etc/mews-link-$$"
do_it E5 "$evade" read "/etc/mews-link-$$"
ln -s "/etc/mews-link-$$" "$work/link-to-link"
do_it E5-link "$evade" read "$work/link-to-link"
do_it E6-root "$evade" read /proc/self/root/etc/shadow
do_it E6-cwd "$evade" read-by-cwd shadow
do_it E6-fd bash -c 'exec 9</etc/security; exec "$0" read /proc/self/fd/9/../shadow "$1"' "$evade"
do_it E7 "$evade" read "$(printf '/.%.0s' $(seq 1500))/etc/shadow"
do_it E7-cwd bash -c 'd=$1; for i in 1 2 3 4 5; do d=$d/$(printf "%0200d" $i); mkdir "$d" 2>/dev/null; cd "$d" || exit; done
	exec "$0" read ../../../../../dir/../shadow "$2"' "$evade" "$work"
do_it E8 bash -c '/bin/sh -c "$(printf " %.0s" $(seq 5000)) : curl http://127.0.0.1"; :'
do_it E10 "$evade" renamed-read systemd-logind /etc/shadow
cp "$evade" "$work/systemd-logind"
do_it E11-copy "$work/systemd-logind" read /etc/shadow
mkdir "$work/bin"
ln -s "$evade" "$work/bin/sshd"
do_it E11-link "$work/bin/sshd" read /etc/shadow
do_it E11-beside "$work/bin/sshd" read-beside /etc/shadow
do_it E12 "$trigger" memfd run
library=$(ldd "$mews" | awk '$1 ~ /^libyaml/ {print $3}')
do_it E12-library "$evade" load-from-memory "$library"
do_it E12-nameless "$evade" run-nameless /bin/true /tmp
loader=$(readlink -f /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 2>/dev/null | head -n 1)
do_it E13 "$loader" "$evade" read /etc/shadow
do_it E14 "$evade" read-32 /etc/shadow
do_it E16-at "$evade" read-at shadow
do_it E16-openat2 "$evade" read-openat2 /etc/shadow
echo >"/etc/mews-how-$$"
do_it E16-how-changed "$evade" swapped-how changed "/etc/mews-how-$$"
do_it E16-how-unmapped "$evade" swapped-how unmapped "/etc/mews-how-$$"
do_it E16-handle "$evade" read-by-handle /etc/shadow
do_it E18 "$evade" unshare-user
mkdir "$work/etc"
touch "$work/file"
do_it E19-dir unshare -m sh -c 'mount --bind /etc "$1" && exec "$0" read "$1/shadow" "$2"' "$evade" "$work/etc"
do_it E19-below unshare -m sh -c 'mount --bind /etc "$1" && exec "$0" creat "$1/mews-made2-'$$'" "$2"' \
	"$evade" "$work/etc"
do_it E19-file unshare -m sh -c 'mount --bind /etc/shadow "$1" && exec "$0" read "$1" "$2"' "$evade" "$work/file"
busybox=$(command -v busybox)
if [ -n "$busybox" ]; then # a root that is a part of a file system, as that of some containers and hosts is
	mkdir -p "$work/root/"{bin,etc,mnt,old}
	cp "$busybox" "$work/root/bin/busybox"
	do_it E19-root unshare -m sh -c 'mount --bind "$1" "$1" && cd "$1" && pivot_root . old && exec /bin/busybox sh -c "
		busybox mount -n -o bind /etc /mnt && : >/mnt/mews-made3 && : \$1" sh "$2"' sh "$work/root"
fi
[ -n "$busybox" ] && ln -s "$busybox" "$work/bin/cat" && do_it E20 "$work/bin/cat" /etc/shadow
do_it E20-sudoedit bash -c 'exec -a sudoedit "$0" read /etc/shadow "$1"' "$evade"
do_it E22 sh -c '"$0" read /etc/sh""adow "$1" "#nginx -c"; :' "$evade"
do_it E28 "$evade" pass-fd /etc/shadow
do_it E29 "$evade" take-fd /etc/shadow
do_it E30-vm "$evade" write-memory vm
do_it E30-mem "$evade" write-memory mem
do_it E30-ptrace "$trigger" ptrace attach
echo : >"$tools/plain"
do_it E31 "$evade" rename "$tools/plain" "/etc/profile.d/mews-test-$$.sh"
placed=/etc/profile.d/mews-test-$$.sh
rm -f "$placed"
echo : >"$tools/plain"
do_it E31-link "$evade" link "$tools/plain" "$placed"
[ "${status[E31-link]}" = 0 ] || status[E31-link]=77 # another file system
rm -f "$placed"
echo : >"$placed"
do_it E31-exchange "$evade" exchange "$placed" "$tools/plain"
[ "${status[E31-exchange]}" = 0 ] || status[E31-exchange]=77
echo : >"$tools/mews-test-$$.sh"
do_it E31-over bash -c 'mv -f "$0" /etc/profile.d/; :' "$tools/mews-test-$$.sh"
rm -f "$placed"
do_it E31-symlink bash -c 'ln -s /dev/null "$0"; :' "$placed"
cp "$evade" "$work/dpkg"
do_it E11-dpkg "$work/dpkg" read /etc/shadow
do_it E11-below "$work/dpkg" run-below /bin/cat /etc/shadow
do_it E12-shared "$evade" run-shared /bin/true
do_it E13-list "$loader" "$evade" read /etc/hostname --list
printf '#!/bin/sh\n:\n' >"$work/script"
chmod 755 "$work/script"
ln -s "$(command -v bash)" "$work/report"
cp "$evade" "$work/nginx"
do_it E20-script "$work/nginx" run-below "$work/script"
do_it E20-shell "$work/nginx" run-below "$work/report" -c :
do_it E32-input "$evade" connect-as-input "$port"
for how in sendto sendmsg sendmmsg unspec from-inet6; do
	do_it E32-elsewhere-$how "$evade" send-elsewhere $how
done
for how in sendto sendmsg; do
	do_it E32-connect-$how "$work/bash" send-and-connect "$port" $how
done
log=/var/log/mews-test-$$
echo x >"$log"
do_it E32-log-creat "$evade" creat "$log"
do_it E32-log-truncate bash -c 'truncate -s 0 "$0"; :' "$log"
echo : >"$tools/empty"
do_it E32-log-over bash -c 'mv -f "$0" "$1"; :' "$tools/empty" "$log"
do_it E32-setuid-open "$evade" make-setuid open "$work/made1"
do_it E32-setuid-mknod "$evade" make-setuid mknod "$work/made2"
do_it E32-creat "$evade" creat "/etc/mews-made-$$"
weird=$(printf '/etc/mews-weird-%s-\n\033[31m\377%%fd.name' $$)
do_it E37 "$evade" creat "$weird"

# ---- what was seen ----

"$trigger" read /etc/shadow last-of-all
wait_for 10 grep -q last-of-all "$work/alerts"

# alerts MARK RULE: those, whole.
alerts() {
	jq -c --arg mark "mark-$1-$$" --arg rule "$2" 'select(.rule == $rule and
		([.output_fields["proc.cmdline"], .output_fields["proc.pcmdline"]] | map(. // "") | any(contains($mark))))' "$work/alerts"
}
# seen NAME MARK [FILTER] RULE...: done, and each rule has an alert for which FILTER holds.
seen() {
	local name=$1 mark=$2 filter=$3 rule missing=()
	shift 3
	case ${status[$mark]:-none} in
	77 | none)
		tests=$((tests + 1))
		echo "ok $tests - $name # SKIP this machine cannot: $(tail -n 1 "$work/err.$mark" 2>/dev/null)"
		return ;;
	esac
	for rule in "$@"; do
		alerts "$mark" "$rule" | jq -c "select(${filter:-true})" | grep -q . || missing+=("no alert of '$rule'")
	done
	if [ ${#missing[@]} -eq 0 ]; then
		ok "$name"
	else
		not_ok "$name" "${missing[@]}" "ended with ${status[$mark]}: $(tail -n 1 "$work/err.$mark")" \
			"$(grep -F "mark-$mark-$$" "$work/alerts" | head -n 3 | cut -c 1-600)"
	fi
}
by_path='.output_fields["mews.matched_path"] == "/etc/shadow"'
by_name='.output_fields["mews.matched_path"] == null'

hits=$(cat "$work/out.E1")
found=$(alerts E1 "Sensitive file read" | jq -r '.output_fields["fd.path.resolved"]' | grep -cx /etc/shadow)
check "E1: of $hits opens whose name was changed meanwhile, all that were /etc/shadow are seen ($found)" \
	[ "${hits:-0}" -gt 0 -a "$hits" = "$found" ]
seen "E2: a connection whose address was changed while it waited goes to where it went" E2 \
	".output_fields[\"fd.name\"] | endswith(\":$(head -n 1 "$work/out.E2")\")" "Outbound connection by a shell"
for other in file socket; do
	seen "E2: one whose descriptor becomes another $other's meanwhile" E2-$other \
		".output_fields | .[\"fd.num\"] == $(sed -n 2p "$work/out.E2-$other") and
			(.[\"fd.name\"] | startswith(\"127.0.0.1:\") and endswith(\":$(head -n 1 "$work/out.E2-$other")\"))" \
		"Outbound connection by a shell"
done
seen "E3: a ring for system calls" E3 "" "Ring for system calls made"
# Kernels before 6.4 have no place at which requests could be seen.
if uname -r | grep -qE '^(6\.([4-9]|[1-9][0-9])|[7-9]\.)'; then
	seen "E3: an open through the ring" E3 "" "${read_rules[@]}"
	seen "E3: one by a thread of the kernel's" E3-apart "" "${read_rules[@]}"
	seen "E3: one that gives no descriptor" E3-direct "" "${read_rules[@]}"
	seen "E3: one of which nobody is told" E3-silent "" "${read_rules[@]}"
	seen "E3: one that the ring has no room to tell of" E3-overflow "" "${read_rules[@]}"
	seen "E3: such a one by a thread of the kernel's" E3-overflow-apart "" "${read_rules[@]}"
	seen "E3: a link through the ring" E3-link "" "Link to a sensitive file"
	seen "E3: a rename" E3-rename "" "File put where it will be run"
	seen "E3: a connection" E3-connect ".output_fields[\"fd.name\"] | endswith(\":$port\")" "Outbound connection by a shell"
	seen "E3: a connection of which nobody is told" E3-connect-silent ".output_fields[\"fd.name\"] | endswith(\":$port\")" "Outbound connection by a shell"
	seen "E3: a connection that the ring has no room to tell of" E3-connect-overflow \
		".output_fields[\"fd.name\"] | endswith(\":$port\")" "Outbound connection by a shell"
	for how in send sendmsg send-zc sendmsg-zc sendmsg-elsewhere; do
		seen "E3: $how" E3-$how ".output_fields[\"fd.name\"] | endswith(\":$(head -n 1 "$work/out.E3-$how")\")" Sent
	done
	for how in told silent linked; do
		seen "E3: a connection of a socket that is in the ring alone, $how" E3-connect-direct-$how \
			".output_fields | (.[\"fd.name\"] | endswith(\":$port\")) and .[\"fd.num\"] == 1073741824" \
			"Outbound connection by a shell"
	done
fi
seen "E4: a link to a directory and .. behind it" E4-parent "$by_path" "${read_rules[@]}"
seen "E4: a link" E4-link "$by_path" "${read_rules[@]}"
seen "E5: a hard link" E5 "$by_path" "${read_rules[@]}"
seen "E5: a link to a hard link" E5-link "$by_path" "${read_rules[@]}"
seen "E6: /proc/self/root" E6-root "$by_path" "${read_rules[@]}"
seen "E6: /proc/PID/cwd" E6-cwd "$by_path" "${read_rules[@]}"
seen "E6: /proc/self/fd/N/.." E6-fd "$by_path" "${read_rules[@]}"
seen "E7: a path of 3000 bytes" E7 "" "${read_rules[@]}"
seen "E7: a directory that is too long for Falco" E7-cwd "" "${read_rules[@]}"
seen "E8: a command behind 5000 blanks" E8 "" "Shell with a command too long to be seen"
seen "E10: the name of another program" E10 ".output_fields[\"proc.exepath\"] == \"$evade\"" "${read_rules[@]}"
seen "E11: a copy under another name" E11-copy "" "Sensitive file read under a borrowed name"
seen "E11: a link under another name" E11-link "" "Sensitive file read under a borrowed name"
seen "E11: whose child has another parent" E11-beside ".output_fields[\"proc.exepath\"] == \"$evade\"" \
	"Sensitive file read under a borrowed name"
seen "E11: a copy that is called as a package manager" E11-dpkg "" "Sensitive file read under a borrowed name"
seen "E11: what such a copy starts" E11-below "" "Sensitive file read under a borrowed name"
seen "E12: a program from memory that is shared" E12-shared "" "Program run from memory"
seen "E12: a program from memory" E12 "" "Program run from memory"
seen "E12: a library from memory" E12-library '.output_fields["fd.path.resolved"] == "memfd:library"' \
	"File in memory opened by a path"
seen "E12: a program from a file without a name" E12-nameless "" "Program run from a shared directory"
seen "E13: a program through the loader" E13 "" "Program run through the loader" "${read_rules[@]}"
seen "E13: with an argument as the loader has it" E13-list "" "Program run through the loader"
seen "E14: a 32-bit call" E14 "" "${read_rules[@]}"
seen "E16: relative to a descriptor that changes at once" E16-at "" "${read_rules[@]}"
seen "E16: openat2" E16-openat2 "$by_name" "${read_rules[@]}"
for how in changed unmapped; do
	seen "E16: openat2 for writing, whose flags are $how while it waits" E16-how-$how "" "Write below etc"
done
seen "E16: open_by_handle_at" E16-handle "" "Sensitive file read"
seen "E18: a user namespace" E18 "" "User namespace made"
seen "E19: another mount of the directory" E19-dir "$by_path" "${read_rules[@]}"
seen "E19: a new file through another mount of the directory" E19-below \
	".output_fields[\"mews.matched_path\"] == \"/etc/mews-made2-$$\"" "Write below etc"
[ -z "$busybox" ] || seen "E19: the same where the root is a part of a file system" E19-root \
	'.output_fields["mews.matched_path"] == "/etc/mews-made3"' "Write below etc"
seen "E19: another mount of the file" E19-file "$by_path" "${read_rules[@]}"
seen "E20: busybox under the name of an applet" E20 \
	".output_fields[\"proc.exepath\"] | endswith(\"/busybox\")" "${read_rules[@]}"
seen "E20: another first argument" E20-sudoedit ".output_fields[\"proc.exepath\"] == \"$evade\"" "${read_rules[@]}"
seen "E20: a script, by its interpreter" E20-script "" "Shell spawned by a server"
seen "E20: a link to a shell" E20-shell "" "Shell spawned by a server"
seen "E22: quotes and a comment in the command" E22 "$by_name" "${read_rules[@]}"
seen "E28: a descriptor that another process opens and sends" E28 "" "${read_rules[@]}"
seen "E29: a descriptor that is taken" E29 "" "Descriptor taken from another process"
seen "E30: process_vm_writev" E30-vm "" "Memory of another process written"
seen "E30: /proc/PID/mem" E30-mem "" "Memory of another process written"
seen "E30: ptrace" E30-ptrace "" "Process traced"
seen "E31: a file moved into its place" E31 "" "File put where it will be run"
seen "E31: a file linked to its place" E31-link "" "File put where it will be run"
seen "E31: a file that changes places with another" E31-exchange "" "File put where it will be run"
seen "E31: a file moved over another, by an open directory" E31-over "" "File put where it will be run"
seen "E31: a symbolic link in the place" E31-symlink "" "File put where it will be run"
seen "E32: creat" E32-creat "" "Write below etc"
seen "E32: a socket that is the standard input when it connects" E32-input \
	'.output_fields["evt.type"] == "connect"' "Reverse shell"
seen "E32: fcntl" E32-input '.output_fields["evt.type"] == "fcntl"' "Reverse shell"
for how in sendto sendmsg sendmmsg unspec from-inet6; do
	seen "E32: a datagram from a socket that is connected to somebody else, $how" E32-elsewhere-$how \
		".output_fields[\"fd.name\"] | endswith(\"->127.0.0.1:$(head -n 1 "$work/out.E32-elsewhere-$how")\")" Sent
done
for how in sendto sendmsg; do
	seen "E32: a connection that $how begins" E32-connect-$how \
		".output_fields | .[\"fd.num\"] == $(head -n 1 "$work/out.E32-connect-$how") and
			(.[\"fd.name\"] | endswith(\"->127.0.0.1:$port\"))" "Outbound connection by a shell"
done
seen "E32: a log cleared by creat" E32-log-creat "" "Log file cleared"
seen "E32: by truncate" E32-log-truncate "" "Log file cleared"
seen "E32: by another file in its place" E32-log-over "" "Log file cleared"
seen "E32: a setuid bit that open sets" E32-setuid-open "" "Setuid bit set"
seen "E32: one that mknod sets" E32-setuid-mknod "" "Setuid bit set"
seen "E37: a name with a line break, an escape and a wrong byte" E37 "" "Write below etc"
check "E37: every alert is one line of JSON" jq -e . "$work/alerts"
check "what was opened by its own name is not said to be found otherwise" [ -z "$(
	jq -c 'select(.output_fields["fd.name"] == .output_fields["mews.matched_path"] and .output_fields["fd.name"] != null)' "$work/alerts")" ]
tests=$((tests + 1))
echo "ok $tests - E15: the x32 ABI # SKIP this kernel has none"
check "Ctrl-C ends the pipeline with exit code 0" stop_mews
