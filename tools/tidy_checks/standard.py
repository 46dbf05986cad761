"""Which header gives which name of the standard library, by the synopses of C++20. A name that is not
here is one that nobody has used yet: add it."""

# Header -> its names behind std::, those of an inner namespace with its name in front. Several headers may give one.
NAMES = {
    "algorithm": """
        adjacent_find all_of any_of binary_search clamp copy copy_backward copy_if copy_n count count_if equal
        equal_range fill fill_n find find_end find_first_of find_if find_if_not for_each for_each_n generate
        generate_n includes inplace_merge is_heap is_partitioned is_permutation is_sorted is_sorted_until
        iter_swap lexicographical_compare lexicographical_compare_three_way lower_bound make_heap max max_element
        merge min min_element minmax minmax_element mismatch move_backward next_permutation none_of nth_element
        partial_sort partial_sort_copy partition partition_copy partition_point pop_heap prev_permutation push_heap
        remove remove_copy remove_copy_if remove_if replace replace_copy replace_copy_if replace_if reverse
        reverse_copy rotate rotate_copy sample search search_n set_difference set_intersection
        set_symmetric_difference set_union shift_left shift_right shuffle sort sort_heap stable_partition
        stable_sort swap_ranges transform unique unique_copy upper_bound
        ranges::all_of ranges::any_of ranges::binary_search ranges::copy ranges::copy_if ranges::copy_n
        ranges::count ranges::count_if ranges::equal ranges::equal_range ranges::fill ranges::find
        ranges::find_if ranges::find_if_not ranges::for_each ranges::includes ranges::is_sorted
        ranges::lexicographical_compare ranges::lower_bound ranges::max ranges::max_element ranges::min
        ranges::min_element ranges::minmax ranges::none_of ranges::nth_element ranges::partition
        ranges::partition_point ranges::remove_if ranges::replace ranges::reverse ranges::rotate ranges::search
        ranges::set_difference ranges::set_intersection ranges::set_union ranges::shuffle ranges::sort
        ranges::stable_sort ranges::transform ranges::unique ranges::upper_bound""",
    "any": "any any_cast bad_any_cast make_any",
    "array": "array to_array get tuple_size tuple_size_v tuple_element tuple_element_t",
    "atomic": """
        atomic atomic_bool atomic_flag atomic_int atomic_ref atomic_signal_fence atomic_size_t atomic_thread_fence
        atomic_uint32_t atomic_uint64_t kill_dependency memory_order memory_order_acq_rel memory_order_acquire
        memory_order_consume memory_order_relaxed memory_order_release memory_order_seq_cst""",
    "barrier": "barrier",
    "bit": """
        bit_cast bit_ceil bit_floor bit_width countl_one countl_zero countr_one countr_zero endian has_single_bit
        popcount rotl rotr""",
    "bitset": "bitset",
    "cctype": """
        isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower
        toupper""",
    "cfenv": "fegetround fesetround",
    "charconv": "chars_format from_chars from_chars_result to_chars to_chars_result",
    "chrono": """
        chrono::abs chrono::ceil chrono::clock_time_conversion chrono::day chrono::days chrono::duration
        chrono::duration_cast chrono::file_clock chrono::floor chrono::high_resolution_clock chrono::hours
        chrono::microseconds chrono::milliseconds chrono::minutes chrono::month chrono::nanoseconds chrono::round
        chrono::seconds chrono::steady_clock chrono::sys_days chrono::sys_seconds chrono::sys_time
        chrono::system_clock chrono::time_point chrono::time_point_cast chrono::treat_as_floating_point
        chrono::utc_clock chrono::weeks chrono::year chrono::year_month_day chrono_literals literals""",
    "cinttypes": "imaxabs imaxdiv strtoimax strtoumax",
    "clocale": "lconv localeconv setlocale",
    "cmath": """
        abs acos asin atan atan2 cbrt ceil cos cosh erf exp exp2 expm1 fabs float_t double_t floor fma fmax fmin fmod
        fpclassify frexp hypot ilogb isfinite isinf isnan isnormal ldexp lerp lgamma llrint llround log log10 log1p
        log2 logb lrint lround modf nan nearbyint nextafter pow remainder rint round scalbn signbit sin sinh sqrt
        tan tanh tgamma trunc""",
    "codecvt": "codecvt_utf8",
    "compare": """
        common_comparison_category common_comparison_category_t compare_partial_order_fallback
        compare_strong_order_fallback compare_three_way compare_three_way_result compare_three_way_result_t is_eq
        is_gt is_gteq is_lt is_lteq is_neq partial_order partial_ordering strong_order strong_ordering three_way_comparable
        three_way_comparable_with weak_order weak_ordering""",
    "complex": "complex",
    "concepts": """
        assignable_from common_reference_with common_with constructible_from convertible_to copy_constructible
        copyable default_initializable derived_from destructible equality_comparable equality_comparable_with
        equivalence_relation floating_point integral invocable movable move_constructible predicate
        regular regular_invocable relation same_as semiregular signed_integral strict_weak_order swappable
        swappable_with totally_ordered totally_ordered_with unsigned_integral ranges::swap""",
    "condition_variable": "condition_variable condition_variable_any cv_status notify_all_at_thread_exit",
    "coroutine": "coroutine_handle coroutine_traits noop_coroutine suspend_always suspend_never",
    "csignal": "raise sig_atomic_t signal",
    "cstdarg": "va_list",
    "cstddef": "byte max_align_t nullptr_t ptrdiff_t size_t to_integer",
    "cstdint": """
        int8_t int16_t int32_t int64_t int_fast8_t int_fast16_t int_fast32_t int_fast64_t int_least8_t int_least16_t
        int_least32_t int_least64_t intmax_t intptr_t uint8_t uint16_t uint32_t uint64_t uint_fast8_t uint_fast16_t
        uint_fast32_t uint_fast64_t uint_least8_t uint_least16_t uint_least32_t uint_least64_t uintmax_t uintptr_t""",
    "cstdio": """
        FILE clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fpos_t fprintf fputc fputs fread freopen
        fscanf fseek fsetpos ftell fwrite getc getchar perror printf putc putchar puts remove rename rewind
        scanf setbuf setvbuf size_t snprintf sprintf sscanf tmpfile tmpnam ungetc vfprintf vprintf vsnprintf""",
    "cstdlib": """
        _Exit abort abs aligned_alloc at_quick_exit atexit atof atoi atol atoll bsearch calloc div div_t exit free
        getenv labs ldiv llabs lldiv malloc mblen qsort quick_exit rand realloc size_t srand strtod strtof strtol
        strtold strtoll strtoul strtoull system""",
    "cstring": """
        memchr memcmp memcpy memmove memset size_t strcat strchr strcmp strcoll strcpy strcspn strerror strlen
        strncat strncmp strncpy strpbrk strrchr strspn strstr strtok strxfrm""",
    "ctime": """
        asctime clock clock_t ctime difftime gmtime localtime mktime size_t strftime time time_t timespec
        timespec_get tm""",
    "cwchar": "mbrtowc mbstate_t size_t wcslen wint_t",
    "deque": "deque erase erase_if",
    "exception": """
        bad_exception current_exception exception exception_ptr get_terminate make_exception_ptr nested_exception
        rethrow_exception rethrow_if_nested set_terminate terminate terminate_handler throw_with_nested
        uncaught_exceptions""",
    "execution": "execution::par execution::par_unseq execution::seq execution::unseq",
    "filesystem": """
        filesystem::absolute filesystem::canonical filesystem::copy filesystem::copy_file filesystem::copy_options
        filesystem::create_directories filesystem::create_directory filesystem::create_symlink
        filesystem::current_path filesystem::directory_entry filesystem::directory_iterator
        filesystem::directory_options filesystem::equivalent filesystem::exists filesystem::file_size
        filesystem::file_status filesystem::file_time_type filesystem::file_type filesystem::filesystem_error
        filesystem::hard_link_count filesystem::is_directory filesystem::is_empty filesystem::is_regular_file
        filesystem::is_symlink filesystem::last_write_time filesystem::path filesystem::perm_options
        filesystem::permissions filesystem::perms filesystem::read_symlink
        filesystem::recursive_directory_iterator filesystem::relative filesystem::remove filesystem::remove_all
        filesystem::rename filesystem::resize_file filesystem::space filesystem::space_info filesystem::status
        filesystem::symlink_status filesystem::temp_directory_path filesystem::weakly_canonical""",
    "format": """
        format format_error format_string format_to format_to_n formatted_size formatter make_format_args
        vformat""",
    "forward_list": "forward_list erase erase_if",
    "fstream": "basic_fstream basic_ifstream basic_ofstream filebuf fstream ifstream ofstream",
    "functional": """
        bad_function_call bind bind_front bit_and bit_not bit_or bit_xor boyer_moore_searcher cref default_searcher
        divides equal_to function greater greater_equal hash identity invoke is_bind_expression is_placeholder less
        less_equal logical_and logical_not logical_or mem_fn minus modulus multiplies negate not_equal_to not_fn
        placeholders plus ref reference_wrapper unwrap_ref_decay unwrap_reference ranges::equal_to ranges::greater
        ranges::greater_equal ranges::less ranges::less_equal ranges::not_equal_to""",
    "future": """
        async future future_category future_errc future_error future_status launch make_error_code packaged_task
        promise shared_future""",
    "initializer_list": "initializer_list",
    "iomanip": "get_time put_time quoted setbase setfill setprecision setw",
    "ios": """
        basic_ios boolalpha dec defaultfloat fixed fpos hex hexfloat internal io_errc ios ios_base iostream_category
        left make_error_code noboolalpha noshowbase nouppercase oct right scientific showbase streamoff streampos
        streamsize uppercase""",
    "iosfwd": """
        basic_filebuf basic_istream basic_ostream basic_streambuf filebuf fstream ifstream iostream istream
        istringstream ofstream ostream ostringstream streambuf stringbuf stringstream streampos""",
    "iostream": "cerr cin clog cout wcerr wcout",
    "istream": "basic_iostream basic_istream iostream istream ws",
    "iterator": """
        advance back_insert_iterator back_inserter begin bidirectional_iterator bidirectional_iterator_tag cbegin
        cend common_iterator contiguous_iterator contiguous_iterator_tag counted_iterator crbegin crend data
        default_sentinel default_sentinel_t distance empty end forward_iterator forward_iterator_tag front_inserter
        incrementable incrementable_traits indirectly_readable indirectly_writable input_iterator input_iterator_tag
        input_or_output_iterator insert_iterator inserter istream_iterator istreambuf_iterator iter_difference_t
        iter_reference_t iter_value_t iterator_traits make_move_iterator make_reverse_iterator move_iterator
        move_sentinel next ostream_iterator ostreambuf_iterator output_iterator output_iterator_tag prev
        random_access_iterator random_access_iterator_tag rbegin rend reverse_iterator sentinel_for size
        sized_sentinel_for ssize unreachable_sentinel unreachable_sentinel_t weakly_incrementable
        ranges::advance ranges::distance ranges::next ranges::prev""",
    "latch": "latch",
    "limits": "float_denorm_style float_round_style numeric_limits",
    "list": "list erase erase_if",
    "locale": "codecvt collate ctype locale use_facet",
    "map": "map multimap erase_if",
    "memory": """
        addressof align allocate_shared allocator allocator_arg allocator_arg_t allocator_traits assume_aligned
        bad_weak_ptr const_pointer_cast construct_at default_delete destroy destroy_at
        destroy_n dynamic_pointer_cast enable_shared_from_this get_deleter hash make_shared
        make_shared_for_overwrite make_unique make_unique_for_overwrite owner_less pointer_traits
        reinterpret_pointer_cast shared_ptr static_pointer_cast to_address uninitialized_copy
        uninitialized_copy_n uninitialized_default_construct uninitialized_fill uninitialized_fill_n
        uninitialized_move uninitialized_move_n uninitialized_value_construct unique_ptr uses_allocator weak_ptr""",
    "memory_resource": """
        pmr::get_default_resource pmr::memory_resource pmr::monotonic_buffer_resource pmr::new_delete_resource
        pmr::null_memory_resource pmr::polymorphic_allocator pmr::pool_options pmr::set_default_resource
        pmr::synchronized_pool_resource pmr::unsynchronized_pool_resource""",
    "mutex": """
        adopt_lock adopt_lock_t call_once defer_lock defer_lock_t lock lock_guard mutex once_flag recursive_mutex
        recursive_timed_mutex scoped_lock timed_mutex try_lock try_to_lock try_to_lock_t unique_lock""",
    "new": """
        align_val_t bad_alloc bad_array_new_length destroying_delete destroying_delete_t get_new_handler
        hardware_constructive_interference_size hardware_destructive_interference_size launder new_handler nothrow
        nothrow_t set_new_handler""",
    "numbers": "numbers::e numbers::e_v numbers::ln2 numbers::log2e numbers::pi numbers::pi_v numbers::sqrt2",
    "numeric": """
        accumulate adjacent_difference exclusive_scan gcd inclusive_scan inner_product iota lcm midpoint partial_sum
        reduce transform_reduce""",
    "optional": "bad_optional_access hash make_optional nullopt nullopt_t optional",
    "ostream": "basic_ostream emit_on_flush endl ends flush ostream osyncstream",
    "queue": "priority_queue queue",
    "random": """
        bernoulli_distribution binomial_distribution default_random_engine discrete_distribution
        exponential_distribution generate_canonical geometric_distribution linear_congruential_engine
        mersenne_twister_engine minstd_rand minstd_rand0 mt19937 mt19937_64 normal_distribution
        poisson_distribution random_device ranlux24 seed_seq uniform_int_distribution uniform_random_bit_generator
        uniform_real_distribution""",
    "ranges": """
        ranges::all_t ranges::begin ranges::bidirectional_range ranges::borrowed_range ranges::common_range
        ranges::contiguous_range ranges::data ranges::empty ranges::end ranges::forward_range ranges::input_range
        ranges::iota_view ranges::iterator_t ranges::output_range ranges::random_access_range ranges::range
        ranges::range_difference_t ranges::range_reference_t ranges::range_value_t ranges::rbegin ranges::rend
        ranges::size ranges::sized_range ranges::ssize ranges::subrange ranges::view ranges::view_interface
        ranges::viewable_range ranges::views views::all views::common views::counted views::drop views::drop_while
        views::elements views::filter views::iota views::join views::keys views::reverse views::single views::split
        views::take views::take_while views::transform views::values get""",
    "ratio": """
        atto centi deca deci exa femto giga hecto kilo mega micro milli nano peta pico ratio ratio_divide
        ratio_multiply tera""",
    "regex": "cmatch regex regex_error regex_match regex_replace regex_search smatch sregex_iterator",
    "scoped_allocator": "scoped_allocator_adaptor",
    "semaphore": "binary_semaphore counting_semaphore",
    "set": "multiset set erase_if",
    "shared_mutex": "shared_lock shared_mutex shared_timed_mutex",
    "source_location": "source_location",
    "span": "as_bytes as_writable_bytes dynamic_extent span",
    "sstream": "istringstream ostringstream stringbuf stringstream",
    "stack": "stack",
    "stdexcept": """
        domain_error invalid_argument length_error logic_error out_of_range overflow_error range_error runtime_error
        underflow_error""",
    "stop_token": "nostopstate stop_callback stop_source stop_token",
    "streambuf": "basic_streambuf streambuf",
    "string": """
        basic_string char_traits erase erase_if getline hash literals stod stof stoi stol stold stoll stoul stoull string
        to_string to_wstring u16string u32string u8string wstring""",
    "string_view": """
        basic_string_view hash literals string_view u16string_view u32string_view u8string_view wstring_view""",
    "syncstream": "osyncstream",
    "system_error": """
        errc error_category error_code error_condition generic_category hash is_error_code_enum
        is_error_condition_enum make_error_code make_error_condition system_category system_error""",
    "thread": """
        hash jthread this_thread::get_id this_thread::sleep_for this_thread::sleep_until this_thread::yield
        thread""",
    "tuple": """
        apply forward_as_tuple get ignore make_from_tuple make_tuple tie tuple tuple_cat tuple_element
        tuple_element_t tuple_size tuple_size_v""",
    "type_traits": """
        add_const_t add_lvalue_reference_t add_pointer_t add_rvalue_reference_t aligned_storage_t alignment_of
        bool_constant common_reference_t common_type common_type_t conditional conditional_t conjunction
        conjunction_v decay decay_t disjunction disjunction_v enable_if enable_if_t extent extent_v false_type
        has_unique_object_representations_v has_virtual_destructor_v integral_constant invoke_result
        invoke_result_t is_abstract_v is_aggregate_v is_arithmetic is_arithmetic_v is_array_v is_assignable_v
        is_base_of is_base_of_v is_bounded_array_v is_class_v is_const_v is_constant_evaluated
        is_constructible is_constructible_v is_convertible is_convertible_v is_copy_assignable_v
        is_copy_constructible_v is_default_constructible_v is_destructible_v is_empty_v is_enum is_enum_v is_final_v
        is_floating_point is_floating_point_v is_function_v is_integral is_integral_v is_invocable is_invocable_r
        is_invocable_r_v is_invocable_v is_lvalue_reference_v is_move_assignable_v is_move_constructible_v
        is_nothrow_constructible_v is_nothrow_copy_constructible_v is_nothrow_default_constructible_v
        is_nothrow_destructible_v is_nothrow_invocable_v is_nothrow_move_assignable_v
        is_nothrow_move_constructible_v is_nothrow_swappable_v is_null_pointer_v is_object_v is_pointer is_pointer_v
        is_polymorphic_v is_reference is_reference_v is_rvalue_reference_v is_same is_same_v is_scalar_v is_signed
        is_signed_v is_standard_layout_v is_swappable_v is_trivial_v is_trivially_copyable
        is_trivially_copyable_v is_trivially_destructible is_trivially_destructible_v is_unbounded_array_v
        is_unsigned is_unsigned_v is_void is_void_v make_signed make_signed_t make_unsigned make_unsigned_t negation
        negation_v remove_all_extents_t remove_const remove_const_t remove_cv_t remove_cvref remove_cvref_t
        remove_extent_t remove_pointer remove_pointer_t remove_reference remove_reference_t true_type
        type_identity type_identity_t underlying_type underlying_type_t void_t""",
    "typeindex": "hash type_index",
    "typeinfo": "bad_cast bad_typeid type_info",
    "unordered_map": "unordered_map unordered_multimap erase_if",
    "unordered_set": "unordered_multiset unordered_set erase_if",
    "utility": """
        as_const cmp_equal cmp_greater cmp_greater_equal cmp_less cmp_less_equal cmp_not_equal declval exchange
        forward get in_place in_place_index in_place_index_t in_place_t in_place_type in_place_type_t in_range
        index_sequence index_sequence_for integer_sequence make_index_sequence make_integer_sequence make_pair move
        move_if_noexcept pair piecewise_construct piecewise_construct_t swap tuple_element tuple_element_t
        tuple_size tuple_size_v""",
    "valarray": "gslice slice valarray",
    "variant": """
        bad_variant_access get get_if hash holds_alternative monostate variant variant_alternative
        variant_alternative_t variant_npos variant_size variant_size_v visit""",
    "vector": "erase erase_if vector",
}

# Each of these gives the free functions over containers, as <iterator> does.
RANGE_ACCESS = "begin cbegin cend crbegin crend data empty end rbegin rend size ssize".split()
WITH_RANGE_ACCESS = """
    array deque forward_list list map regex set span string string_view unordered_map unordered_set vector""".split()

# Header -> headers that give all of it: their synopses include it, or their classes derive from its.
WITH_ALL_OF = {
    "compare": """
        array chrono coroutine deque filesystem forward_list iterator list map memory optional queue ranges regex set
        stack string string_view system_error thread tuple typeindex unordered_map unordered_set utility variant
        vector""",
    "concepts": "iterator ranges",
    "initializer_list": """
        algorithm array deque forward_list list map queue random ranges regex set stack string unordered_map
        unordered_set utility valarray vector""",
    "ios": "fstream iostream istream ostream sstream",
    "iosfwd": "bitset fstream ios iostream istream ostream sstream streambuf",
    "istream": "fstream iostream sstream",
    "iterator": "ranges",
    "ostream": "fstream iostream sstream",
    "ratio": "chrono",
    "streambuf": "fstream iostream sstream",
}

# Name -> headers that cannot do without it: it is a base class, or a default argument of a template.
WITH = {
    "allocator": "deque forward_list list map set string unordered_map unordered_set vector",
    "exception": "any filesystem functional future memory new optional stdexcept system_error typeinfo variant",
    "less": "map queue set",
    "logic_error": "future",
    "runtime_error": "filesystem system_error",
    "system_error": "filesystem",
}

# Names that live in a namespace of their own within std.
INNER = {name.rsplit("::", 1)[0] for names in NAMES.values() for name in names.split() if "::" in name}


def givers() -> dict[str, set[str]]:
    """Name -> the headers of which each gives it."""
    found: dict[str, set[str]] = {}
    for header, names in NAMES.items():
        for name in names.split():
            found.setdefault(name, set()).add(header)
    for name in RANGE_ACCESS:
        found[name] |= set(WITH_RANGE_ACCESS)
    for header, others in WITH_ALL_OF.items():
        for name in NAMES[header].split():
            found[name] |= set(others.split())
    for name, others in WITH.items():
        found[name] |= set(others.split())
    return found
