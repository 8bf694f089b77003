//! What a full disk, a folder that cannot be written to, a kill or a damaged file does to what the examples write: the old output stays whole until the new one
//! is, the message says what is wrong, and the next run succeeds. `EVENGRID_ROUNDS` says how often what is random is tried.
#![cfg(target_os = "linux")]

#[path = "../example/mod.rs"]
mod example;
mod kit;

use kit::{Files, LAND, Land, WRITERS, Writer, draw, files, folder, run, stderr, text, timeless};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn rounds() -> u64 {
    std::env::var("EVENGRID_ROUNDS").map_or(6, |rounds| rounds.parse().unwrap())
}

/// A number below `below`, the same for a round whenever it is run.
fn random(round: u64, below: usize) -> usize {
    let mixed = (round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32) as usize % below.max(1)
}

/// Whether this process may mount something that only it sees.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Runs a writer behind lines of shell, in which `$OUT` is its folder and `$SEEN` one for what is there afterwards.
fn behind(before: &str, after: &str, writer: &Writer, out: &Path, seen: &Path, mounts: bool) -> Output {
    let script = format!("set -e\n{before}\nset +e\n\"$@\"; code=$?\n{after}\nexit $code");
    let command = (writer.command)(out);
    let mut shell = Command::new(if mounts { "unshare" } else { "sh" });
    shell.args(if mounts { &["-rm", "sh"][..] } else { &[] }).args(["-c", &script, "sh"]);
    shell.arg(command.get_program()).args(command.get_args()).env("OUT", out).env("SEEN", seen).output().unwrap()
}

/// Where nothing more can be written, what was there stays as it was, and the message says why.
#[test]
fn what_cannot_be_written_leaves_the_old_output() {
    let mounts = may_mount();
    if !mounts {
        eprintln!("full disk and read-only folder are skipped: this process may not mount");
    }
    for writer in WRITERS.iter() {
        let sizes = |unit: usize, files: &Files| files.values().map(|bytes| bytes.len().div_ceil(unit)).collect::<Vec<_>>();
        // just too little for each of the files
        let limits =
            sizes(512, &writer.new).into_iter().map(|blocks| (format!("trap '' XFSZ; ulimit -f {}", blocks - 1), "", "File too large"));
        let mut faults: Vec<(String, &str, &str)> = limits.collect();
        if mounts {
            let [before, added]: [usize; 2] = [&writer.old, &writer.new].map(|files| sizes(4096, files).iter().sum());
            faults.extend(BTreeSet::from([0, added / 2, added - 1]).into_iter().map(|more| {
                let full = format!(
                    "cp -a \"$OUT\" \"$SEEN\"; mount -t tmpfs -o size={}k none \"$OUT\"; cp -a \"$SEEN\"/. \"$OUT\"; rm -r \"$SEEN\"",
                    4 * (before + more)
                );
                (full, "cp -a \"$OUT\" \"$SEEN\"", "No space left")
            }));
            faults.push(("mount --bind \"$OUT\" \"$OUT\"; mount -o remount,ro,bind \"$OUT\"".into(), "", "Read-only"));
            if writer.old.contains_key(Path::new("map.svg")) {
                // what is mounted cannot be renamed, so that the files put in place before it go back
                faults.push(("mount --bind \"$OUT/map.svg\" \"$OUT/map.svg\"".into(), "", "put back whole"));
            }
        }
        for (before, after, why) in &faults {
            let (out, seen) = (folder(&format!("out-{}", writer.name), &writer.old), folder("seen", &Files::new()));
            fs::remove_dir(&seen).unwrap();
            let output = behind(before, after, writer, &out, &seen, mounts);
            let message = stderr(&output);
            let row = format!("{} behind {before}", writer.name);
            assert_eq!(output.status.code(), Some(2), "{row}: {message}");
            let named = writer.new.keys().chain(writer.old.keys()).any(|name| message.contains(text(name))) || message.contains(text(&out));
            // SQLite has words of its own
            assert!(named && (message.contains(why) || writer.name.ends_with("gpkg") && message.contains("disk")), "{row}: {message}");
            let left = if after.is_empty() { out } else { seen };
            assert!(files(&left) == writer.old, "{row}: {:?} is left", files(&left).keys());
            writer.finishes(&left);
        }
        println!("{:<26} {:>3} faults", writer.name, faults.len());
    }
}

/// A kill leaves the old output, or the new one, or what the next run makes the new one.
#[test]
fn a_kill_at_any_moment_is_mended_by_the_next_run() {
    for writer in WRITERS.iter() {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for round in 0..rounds() {
            let out = folder(&format!("killed-{}", writer.name), &writer.old);
            let mut child = (writer.command)(&out).stdout(Stdio::null()).spawn().unwrap();
            // a plan every other time when all but its last file is written
            let late = round % 2 == 1 && writer.new.contains_key(Path::new("plan.json"));
            while late && !out.join(".evengrid-staging/new/report.json").exists() && child.try_wait().unwrap().is_none() {}
            let (since, most) = (Instant::now(), if late { 4_000 } else { writer.took.as_micros() as usize });
            let after = random(round, most) as u64;
            while since.elapsed() < Duration::from_micros(after) {}
            child.kill().unwrap();
            child.wait().unwrap();
            let staged = |name: &Path| name.starts_with(".evengrid-staging");
            let (aside, plain): (Files, Files) = files(&out).into_iter().partition(|(name, _)| staged(name) || is_temporary(name));
            let what = match timeless(plain.clone()) {
                _ if plain == writer.old => "old",
                now if now == writer.new => "new",
                _ if aside.contains_key(Path::new(".evengrid-staging/ready")) => "between",
                now => panic!("{}, round {round}: {:?} is left, of neither", writer.name, now.keys()),
            };
            let temporary = aside.keys().filter(|name| is_temporary(name)).count();
            *seen.entry(format!("{what}{}", if temporary > 0 { " and a temporary file" } else { "" })).or_default() += 1;
            writer.finishes(&out);
        }
        println!("{:<26} {seen:?}", writer.name);
    }
}

/// Something on its way to its place, under the name that a killed process leaves it with.
fn is_temporary(name: &Path) -> bool {
    let first = name.iter().next().and_then(|first| first.to_str()).unwrap();
    first.strip_prefix('.').is_some_and(|name| name.contains(".evengrid-"))
}

/// Readers say so, and who writes the next plan into the same folder begins with the one that was on its way.
#[test]
fn a_kill_among_the_last_steps_is_told_and_finished() {
    let writer = WRITERS.iter().find(|w| w.name == "rebalance_after_census").unwrap();
    let mut half = writer.old.clone();
    half.remove(Path::new("plan.json"));
    let staging = Path::new(".evengrid-staging");
    let names: Vec<&str> = writer.new.keys().map(|name| text(name)).collect();
    half.insert(staging.join("ready"), names.join("\n").into());
    half.extend(writer.new.iter().map(|(name, bytes)| (staging.join("new").join(name), bytes.clone())));
    let plan = folder("half-put", &half);
    let output = run("explain_grid", &["--plan", text(&plan)]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("plan.json: whoever wrote this plan was killed"), "{}", stderr(&output));
    let again =
        run("rebalance_after_census", &["--plan", text(&plan), "--layers", text(&LAND.later), "--out", text(&plan)]).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    let plan_json = Path::new("plan.json");
    let found = files(&plan);
    assert!(found[plan_json] == writer.new[plan_json], "the plan that was on its way is balanced already");
    assert!(found[Path::new("changes.json")] == writer.new[Path::new("changes.json")], "what was moved is still told");
    assert!(!plan.join(staging).exists());
}

/// What is done to the bytes of a file.
type Damage = fn(&mut Vec<u8>, u64);

const DAMAGES: [(&str, Damage); 2] = [
    ("cut", |bytes, round| bytes.truncate(random(round, bytes.len() - 1))),
    ("one byte changed", |bytes, round| {
        let at = random(round, bytes.len());
        bytes[at] ^= 1 << (round % 7);
    }),
];

/// A damaged plan is told or judged, and nothing is written of it.
#[test]
fn a_damaged_plan_is_told() {
    let Land { layers, later, plan, .. } = &*LAND;
    let whole = files(plan);
    for name in ["plan.json", "grids.geojson", "attachments.csv"] {
        for (what, damage) in DAMAGES {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for round in 0..rounds() {
                let mut damaged = whole.clone();
                damage(damaged.get_mut(Path::new(name)).unwrap(), round);
                let folder = folder("damaged", &damaged);
                let out = folder.with_file_name("of-damaged");
                let _ = fs::remove_dir_all(&out);
                let (of, to) = (["--plan", text(&folder)], ["--out", text(&out)]);
                for (example, more) in [
                    ("check_plan", &["--layers", text(layers)][..]),
                    ("explain_grid", &[]),
                    ("rebalance_after_census", &["--layers", text(later), to[0], to[1]]),
                    ("accept_edits", &["--layers", text(layers), to[0], to[1]]),
                ] {
                    let output = run(example, &[&of[..], more].concat()).output().unwrap();
                    let (code, message) = (output.status.code(), stderr(&output));
                    let row = format!("{example}, {name} {what}, round {round}: {code:?} {message}");
                    match code {
                        Some(0 | 1) => {}
                        // another byte may be a plan that says something else, such as another file of layers
                        Some(2) => {
                            assert!((message.contains(name) || what != "cut") && message.starts_with("error: ") && !out.exists(), "{row}")
                        }
                        _ => panic!("{row}"),
                    }
                    let _ = fs::remove_dir_all(&out);
                    assert!(files(&folder) == damaged, "{row}: the plan was changed");
                    *seen.entry(format!("{example} {}", code.unwrap())).or_default() += 1;
                }
            }
            println!("{name:<16} {what:<16} {seen:?}");
        }
    }
}

/// Half a layer makes no plan.
#[test]
fn half_a_layer_is_told() {
    let Land { layers, plan, converted, .. } = &*LAND;
    let old = files(plan);
    for from in converted.values() {
        for part in files(from).into_keys() {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for round in 0..rounds() {
                let mut cut = files(layers);
                cut.remove(Path::new("households.geojson"));
                cut.extend(files(from));
                DAMAGES[0].1(cut.get_mut(&part).unwrap(), round);
                let (input, out) = (folder("half", &cut), folder("of-half", &old));
                let output = draw(&input, 90, &out).output().unwrap();
                let (code, message, told) = (output.status.code(), stderr(&output), String::from_utf8_lossy(&output.stdout));
                let (row, ending) =
                    (format!("{}, round {round}: {code:?} {message}", part.display()), text(Path::new(part.extension().unwrap())));
                match code {
                    // what is left may be read; only what tells the size of a shapefile or its encoding is not missed
                    Some(0) => assert!(told.contains("warning") || ["shx", "cpg"].contains(&ending), "{row}: {told}"),
                    Some(2) => assert!(message.contains("households") && files(&out) == old, "{row}"),
                    _ => panic!("{row}"),
                }
                *seen.entry(format!("code {}", code.unwrap())).or_default() += 1;
            }
            println!("{:<20} {seen:?}", part.display().to_string());
        }
    }
}
