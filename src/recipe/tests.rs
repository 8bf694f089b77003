use super::keys::keys;
use super::*;
use serde_json::Value;

fn faults(toml: &str) -> Vec<String> {
    match Draft::from_toml(toml).and_then(Draft::build) {
        Ok(recipe) => panic!("no fault in {toml}: {recipe:?}"),
        Err(errors) => errors.faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn all_presets_build() {
    for (name, _) in PRESETS {
        let preset = Draft::preset(name).unwrap();
        assert!(preset.clone().build().is_ok(), "{name}");
        let extended = Draft { extends: Some(name.into()), ..Draft::default() };
        assert_eq!(extended.build().unwrap(), preset.build().unwrap(), "{name}");
    }
    assert_eq!(Draft::preset("nothing"), None);
    let community = Draft::preset("community").unwrap().build().unwrap();
    let targets = ["compound", "mixed", "rural", "else"].map(|class| community.grid.target_of(Some(class)).units());
    assert_eq!(targets, [500.0, 300.0, 400.0, 300.0]);
}

#[test]
fn the_default_preset_lists_every_key() {
    let (_, text) = PRESETS[0];
    let written: Value = serde_json::to_value(Draft::from_toml(text).unwrap()).unwrap();
    assert_eq!(written, Recipe::default().to_value(), "default.toml says what holds");
    let told = |path: &str| {
        let pointer = format!("/{}", path.replace('.', "/"));
        written.pointer(&pointer).is_some()
    };
    for (path, _) in keys() {
        let key = path.rsplit('.').next().unwrap();
        assert!(told(&path) || text.contains(&format!("\n# {key} = ")), "{path} is not in default.toml");
    }
}

#[test]
fn every_commented_key_of_the_default_preset_is_right() {
    let (_, text) = PRESETS[0];
    let told: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|l| {
                    l.starts_with('[')
                        || l.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
                })
                .unwrap_or(line)
        })
        .collect::<Vec<_>>()
        .join("\n");
    let mut draft = Draft::from_toml(&told).unwrap();
    // zones are divisions by default
    assert_eq!((draft.zones.load_min.take(), draft.zones.load_max.take()), (Some(1200.0), Some(3000.0)));
    let recipe = draft.build().unwrap();
    assert_eq!((recipe.division.level, recipe.division.scheme.as_deref()), (Some(9), Some("neighbourhood")));
    let value = &recipe.resources[0];
    assert_eq!((value.name.as_str(), value.layer, value.property.as_deref()), ("value", PointLayer::Households, Some("revenue")));
    assert_eq!((value.kinds.as_slice(), value.tolerance, value.weight), (["shop".to_string()].as_slice(), 0.2, 1.0));
}

#[test]
fn a_level_of_effort_stands_for_numbers_and_replaces_those_below() {
    let build = |toml: &str| Draft::from_toml(toml).unwrap().build().unwrap().effort;
    for (name, effort) in Effort::LEVELS {
        assert_eq!(build(&format!("[effort]\nlevel = \"{name}\"")), effort);
    }
    assert_eq!(build("[effort]\nlevel = \"quick\"\npasses = 3"), Effort { passes: 3, ..Effort::level("quick").unwrap() });
    let below = Draft::from_toml("[effort]\npasses = 3").unwrap();
    assert_eq!(below.clone().build().unwrap().effort, Effort { passes: 3, ..Effort::default() });
    let above = Draft::from_toml("[effort]\nlevel = \"thorough\"").unwrap();
    assert_eq!(above.or(below).build().unwrap().effort, Effort::level("thorough").unwrap());
    assert!(faults("[effort]\nlevel = \"hard\"")[0].starts_with("effort.level = \"hard\": one of quick, standard, thorough"));
    let odd = Draft::from_toml("[effort]\nwindows = 5").unwrap().build().unwrap();
    assert_eq!(serde_json::from_str::<Recipe>(&serde_json::to_string(&odd).unwrap()).unwrap(), odd);
}

#[test]
fn what_is_missing_is_one_fault_and_loads_of_zones_need_coverage() {
    assert_eq!(faults("[levels.a]\nby = \"division\""), ["levels.a.rank: neither said nor in the defaults"]);
    let partition = faults("[levels.a]\nrank = 1\nby = \"partition\"");
    assert_eq!(partition.len(), 2, "target and tolerance: {partition:?}");
    let told = faults("[zones]\nload_min = 1200\nload_max = 3000");
    assert!(told.len() == 2 && told[0].starts_with("zones.load_min = 1200: it is for zones by coverage"), "{told:?}");
}

#[test]
fn a_recipe_survives_writing_and_reading() {
    let toml = "extends = \"community\"\nseed = 7\n[division]\nlevel = 8\n[layers.households]\nproperties = { weight = \"pop\" }";
    let recipe = Draft::from_toml(toml).unwrap().build().unwrap();
    let text = serde_json::to_string(&recipe).unwrap();
    assert!(text.starts_with(r#"{"schema":1,"seed":7,"division":{"level":8},"zones":{"by":"division"},"grid":{"target":300.0,"#), "{text}");
    assert_eq!(Draft::from_json(&text).unwrap().build().unwrap(), recipe);
    assert_eq!(serde_json::from_str::<Recipe>(&text).unwrap(), recipe);
    assert_eq!(serde_json::to_value(&recipe).unwrap(), recipe.to_value());
    assert_eq!(recipe.layers.households.property("weight"), "pop");
    assert_eq!(recipe.layers.households.file, "households");
}

#[test]
fn overlays_merge_tables_and_replace_lists() {
    let above = Draft::from_toml("[grid]\ntarget = 500\n[barriers]\nminor = [\"path\"]\n[barriers.roads]\nservice = 5").unwrap();
    let below = Draft::from_toml("seed = 3\n[grid]\ntarget = 400\ntolerance = 0.2\n[barriers.roads]\nprimary = 70").unwrap();
    let recipe = above.or(below).build().unwrap();
    assert_eq!((recipe.grid.target.units(), recipe.grid.tolerance, recipe.seed), (500.0, 0.2, 3));
    assert_eq!(recipe.barriers.minor, ["path"]);
    let roads = ["service", "primary", "motorway"].map(|class| recipe.barriers.roads[class]);
    assert_eq!(roads, [5, 70, 100]);
}

#[test]
fn all_values_out_of_range_are_told_at_once() {
    let told = faults(
        "schema = 2\nextends = \"comunity\"\n[division]\nlevel = -1\n[grid]\ntarget = 0\ntolerance = 1.0\nsettlement_targets = { rural = 2e9 }\n\
         [load]\nkinds = [\"a\", \"a\"]\ndefault_weight = -1\n[cut]\nsnap_m = 101\nsplit_above = 0.0\n[barriers.roads]\nprimary = 101\n\
         [barriers.water]\nriver = -1\n[attach]\nnearest_m = inf\n[effort]\nstarts = 0\npasses = 9999999999\n\
         [layers.households]\nfile = \"\"\nproperties = { wieght = \"pop\" }",
    );
    // `inf` is no JSON number, so that it is told first, with its line.
    assert_eq!(told, ["line 20: attach.nearest_m = inf: a finite number is expected"]);
    let told = faults(
        "schema = 2\nextends = \"comunity\"\n[division]\nlevel = -1\n[grid]\ntarget = 0\ntolerance = 1.0\nsettlement_targets = { rural = 2e9 }\n\
         [load]\nkinds = [\"a\", \"a\"]\ndefault_weight = -1\n[cut]\nsnap_m = 101\nsplit_above = 0.0\n[barriers.roads]\nprimary = 101\n\
         [barriers.water]\nriver = -1\n[attach]\nnearest_m = 1e6\n[effort]\nstarts = 0\npasses = 9999999999\n\
         [layers.households]\nfile = \"\"\nproperties = { wieght = \"pop\" }",
    );
    let expected = [
        "extends = \"comunity\": no such preset; there are: default, telecom, labour, pharma, fire, distribution, community, market, safety, parking; did you mean 'community'?",
        "schema = 2: this version reads schema 1",
        "division.level = -1: a whole number from 0 to 1000",
        "grid.target = 0: a load from 0.001 to 1000000000",
        "grid.tolerance = 1: a share above 0 and below 1",
        "grid.settlement_targets.rural = 2000000000",
        "load.kinds = \"a\"",
        "load.default_weight = -1",
        "cut.snap_m = 101: a number from 0 to 100",
        "cut.split_above = 0",
        "barriers.roads.primary = 101: a whole number from 0 to 100",
        "barriers.water.river = -1",
        "attach.nearest_m = 1000000",
        "effort.starts = 0",
        "effort.passes = 9999999999",
        "layers.households.file = \"\"",
        "layers.households.properties.wieght = \"pop\": no property of this layer; did you mean 'weight'?",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for part in expected {
        assert!(told.iter().any(|fault| fault.starts_with(part)), "'{part}' is not in {told:#?}");
    }
}

#[test]
fn unknown_keys_and_wrong_sorts_are_told_with_lines_and_remedy() {
    let told = faults(
        "sead = 1\ntolerance = 0.2\n[grid]\ntarget = \"300\"\ntolerence = 0.1\n[barriers.roads]\nprimary = 1.5\n[layers.housholds]\nfile = \"x\"\n[zzz]\na = 1",
    );
    let expected = [
        "line 1: sead: unknown key 'sead'; did you mean 'seed'?",
        "line 2: tolerance: unknown key 'tolerance'; did you mean 'grid.tolerance'?",
        "line 4: grid.target = \"300\": a number is expected",
        "line 5: grid.tolerence: unknown key 'tolerence'; did you mean 'tolerance'?",
        "line 7: barriers.roads.primary = 1.5: a whole number is expected",
        "line 8: layers.housholds: unknown key 'housholds'; did you mean 'households'?",
        "line 10: zzz: unknown key 'zzz'; remove it; known here: schema, seed, extends, division, areas, zones, grid, load, resources, classes, kinds, halls, landmarks, levels, hubs, facilities, codes, cut, barriers, attach, signals, overlays, series, thresholds, backup, posts, officers, effort, layers",
    ];
    assert_eq!(told, expected);
    assert!(faults("seed = -1")[0].contains("0 or more"));
    assert!(faults("grid = 3")[0].contains("a table of keys"));
    assert!(faults("a = 1\nb = [")[0].starts_with("line 2: not valid TOML"));
}

#[test]
fn json_is_read_like_toml() {
    let toml = Draft::from_toml("seed = 2\n[grid]\ntarget = 250").unwrap();
    assert_eq!(Draft::from_json(r#"{"seed":2,"grid":{"target":250,"tolerance":null},"cut":null}"#).unwrap(), toml);
    let error = Draft::from_json(r#"{"sed":2,"grid":{"target":[]}}"#).unwrap_err();
    assert_eq!(error.faults.len(), 2, "{error}");
    assert!(Draft::from_json("{\n\"seed\":").unwrap_err().to_string().contains("line 2"));
    assert!(Draft::from_json("3").unwrap_err().to_string().contains("a table of keys"));
}

#[test]
fn no_text_makes_it_panic() {
    let (_, text) = PRESETS[0];
    for at in (0..text.len()).step_by(7).filter(|at| text.is_char_boundary(*at)) {
        for junk in ["[", "\"", "=", "9", "\n"] {
            let broken = format!("{}{junk}{}", &text[..at], &text[at..]);
            let _ = Draft::from_toml(&broken).and_then(Draft::build);
        }
        let _ = Draft::from_toml(&text[..at]).and_then(Draft::build);
    }
}

#[test]
fn resources_are_merged_by_name_and_key_and_survive_writing() {
    let below = Draft::from_toml(
        "[resources.value]\nproperty = \"revenue\"\nkinds = [\"a\"]\ntolerance = 0.3\n[resources.shops]\nlayer = \"pois\"",
    )
    .unwrap();
    let above =
        Draft::from_toml("[grid]\ntolerance = 0.05\n[resources.value]\nkinds = [\"b\", \"c\"]\n[resources.\"a.b\"]\nweight = 0").unwrap();
    let recipe = above.or(below).build().unwrap();
    let resource = |name: &str| recipe.resources.iter().find(|r| r.name == name).unwrap();
    assert_eq!(recipe.resources.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["a.b", "shops", "value"]);
    let (value, shops, dotted) = (resource("value"), resource("shops"), resource("a.b"));
    assert_eq!((value.property.as_deref(), value.kinds.len(), value.tolerance, value.weight), (Some("revenue"), 2, 0.3, 1.0));
    assert_eq!((shops.layer, &shops.property, shops.kinds.len(), shops.tolerance), (PointLayer::Pois, &None, 0, 0.05));
    assert_eq!((dotted.layer, dotted.weight), (PointLayer::Households, 0.0));
    assert_eq!((recipe.layers.households.numbers.as_slice(), recipe.layers.pois.numbers.len()), (["revenue".to_string()].as_slice(), 0));
    let text = serde_json::to_string(&recipe).unwrap();
    assert_eq!(serde_json::from_str::<Recipe>(&text).unwrap(), recipe);
    assert!(!serde_json::to_string(&Recipe::default()).unwrap().contains("resources"));
    let counted: Vec<bool> = [Some("b"), Some("b:x"), Some("bx"), Some("a"), None].map(|kind| value.counts(kind)).into();
    assert_eq!(counted, [true, true, false, false, false]);
    assert!(shops.counts(None));
}

#[test]
fn faults_of_resources_are_told_with_their_keys() {
    let told = faults(
        "[resources.households]\n[resources.\" \"]\n[resources.a]\nlayer = \"poi\"\nproperty = \"\"\ntolerance = 1.0\nweight = -1\n\
         [resources.b]\nlayer = \"base_stations\"\nkinds = [\"x\"]\nweight = 1001\n[resources.c]\nkinds = [\"x\", \"x\"]\nweight = 0.0001",
    );
    let expected = [
        "resources = \" \": a name is expected, other than households",
        "resources.a.layer = \"poi\": a layer of points is expected: households, pois, base_stations; did you mean 'pois'?",
        "resources.a.property = \"\": the name of a number property",
        "resources.a.tolerance = 1: a share above 0 and below 1",
        "resources.a.weight = -1: 0 (told, not balanced) or a number from 0.001 to 1000",
        "resources.b.kinds = [\"x\"]: base stations have no kinds",
        "resources.b.weight = 1001",
        "resources.c.kinds = \"x\"",
        "resources.c.weight = 0.0001",
        "resources = \"households\"",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for part in expected {
        assert!(told.iter().any(|fault| fault.starts_with(part)), "'{part}' is not in {told:#?}");
    }
    let told = faults("weights = 1\n[resources]\nb = 3\n[resources.a]\ntolerence = 0.1\nweight = \"1\"\nzzz = 1");
    let expected = [
        "line 1: weights: unknown key 'weights'; remove it; known here: schema, seed, extends, division, areas, zones, grid, load, resources, classes, kinds, halls, landmarks, levels, hubs, facilities, codes, cut, barriers, attach, signals, overlays, series, thresholds, backup, posts, officers, effort, layers",
        "line 3: resources.b = 3: a table of keys is expected",
        "line 5: resources.a.tolerence: unknown key 'tolerence'; did you mean 'tolerance'?",
        "line 6: resources.a.weight = \"1\": a number is expected",
        "line 7: resources.a.zzz: unknown key 'zzz'; remove it; known here: layer, property, kinds, tolerance, weight",
    ];
    assert_eq!(told, expected);
    assert!(faults("property = 1")[0].ends_with("did you mean 'resources.<name>.property'?"));
}

#[test]
fn hubs_and_facilities_are_checked_and_survive_writing() {
    let text = "[hubs]\ncount = 3\npins = [\"a\"]\nmax_distance_km = 120.5\ncapacity = 40.5\nsplit = true\n\
                [facilities.hydrants]\nkinds = [\"emergency:fire_hydrant\"]\nin_service = \"ok\"\ndefault_capacity = 2\nsites = 4";
    let recipe = Draft::from_toml(text).unwrap().build().unwrap();
    assert_eq!((recipe.hubs.count, recipe.hubs.max_distance_km, recipe.hubs.split), (Some(3), Some(120.5), true));
    let hydrants = &recipe.facilities[0];
    assert!(hydrants.is_about("emergency:fire_hydrant:pillar") && !hydrants.is_about("emergency:fire"));
    assert_eq!((hydrants.radius_m, hydrants.demand, hydrants.threshold, hydrants.sites), (500.0, 1.0, 0.8, 4));
    let written = Draft::from_json(&recipe.to_value().to_string()).unwrap().build().unwrap();
    assert_eq!(written, recipe);
    let plain = Recipe::default().to_value();
    assert!(plain.get("hubs").is_none() && plain.get("facilities").is_none());
    let told =
        faults("[hubs]\ncount = 1\npins = [\"a\", \"b\"]\ncapacity = -1\n[facilities.x]\nradius_m = -1\ncapacity = \"\"\nthreshold = 2");
    let expected = [
        "hubs.count = 1: at least the number of hubs.pins, 2",
        "hubs.capacity = -1: a number from 0",
        "facilities.x.kinds = []: a name and the kinds",
        "facilities.x.capacity = \"\": the name of a property",
        "facilities.x.radius_m = -1: a number from 0",
        "facilities.x.threshold = 2: a number from 0 to 1",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for part in expected {
        assert!(told.iter().any(|fault| fault.starts_with(part)), "'{part}' is not in {told:#?}");
    }
}
